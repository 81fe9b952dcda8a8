% What differs from Python: numbers from 1, columns first, growth, halves, quantiles, expansion, quotes
A = [1 2 3; 4 5 6; 7 8 10];
v = [3; 1; 2];
r = [5 7 9];
a1 = A(:);
a2 = A(2, :);
a3 = A(:, 2);
a4 = A(end, end);
a5 = A(5);
a6 = A(:, [1 3]);
a7 = A(v, :);
a8 = A(A > 4);
a9 = A(1:2, 2:end);
a10 = A';
a11 = A * v;
a12 = r * A;
a13 = r * v;
a14 = v * r;
a15 = A .* r;
a16 = A .* v;
a17 = v + r;
a18 = A \ v;
a19 = mean(A);
a20 = mean(A, 2);
a21 = std(A);
a22 = std(v);
a23 = var(v, 1);
a24 = sum(A(:));
a25 = prod(r);
a26 = median(v);
a27 = max(A);
[a28, a29] = max(r);
[a30, a31] = max(A, [], 2);
a32 = min(A, [], 1);
a33 = max(v, 2);
a34 = cumsum(v);
a35 = sort(v, 'descend');
[a36, a37] = sort(v);
a38 = unique([3 1 3 2]);
a39 = find(v > 1);
a40 = any(v > 2);
a41 = all(A > 0);
a42 = round(2.5);
a43 = round([-0.5 0.5 1.5 2.5 -2.5]);
a44 = mod(-7, 3);
a45 = rem(-7, 3);
a46 = fix(-2.7);
a47 = floor(v / 2);
a48 = 2 ^ 10;
a49 = A ^ 2;
a50 = v .^ 2;
a51 = 1:5;
a52 = 0:0.1:1;
a53 = 10:-3:1;
a54 = linspace(0, 1, 5);
a55 = zeros(2, 3);
a56 = ones(3, 1);
a57 = eye(2);
a58 = repmat(v, 1, 2);
a59 = repmat(r, 2, 1);
a60 = [A; r];
a61 = [A, v];
a62 = [v' 4 5];
a63 = numel(A);
a64 = length(A);
[a65, a66] = size(A);
a67 = size(v, 1);
a68 = norm(v);
a69 = inv(A);
a70 = det(A);
a71 = pinv(A);
a72 = polyfit([1 2 3 4], [2 4 5 9], 2);
a73 = polyval(a72, [1 2]);
a74 = A(2, :) * 2 - 1;
a75 = -v;
a76 = ~(v > 1);
a77 = (v > 1) & (v < 3);
a78 = v(v > 1)';
a79 = quantile(v, 0.25);
a80 = prctile([1 2 3 4 5 6 7], [25 50 75]);
a81 = mode([1 2 2 3 3]);
a82 = reshape(1:6, 2, 3);
a83 = A / A;
x = [];
for i = 1:3
  x(end+1) = i ^ 2;
end
y = [];
for i = 1:3
  y = [y; i, i * 2];
end
for k = 1:4
  z(k) = k / 2;
end
w = A;
w(1, 1) = 100;
w(:, 2) = [];
u = v;
u(2) = [];
q = zeros(2, 2);
q(1, :) = [1 2];
q(:, 2) = [8; 9];
f = @(t) t .^ 2 + 1;
b1 = f(v);
b2 = f(3);
c = 5;
g = @(t, s) c * t + s;
b3 = g(2, 1);
n = 0;
while n < 5
  n = n + 2;
  if n == 4
    break
  end
end
switch n
  case {1, 2}
    m1 = 1;
  case 4
    m1 = 2;
  otherwise
    m1 = 3;
end
b4 = uint8(300);
b5 = int32(2.5);
b6 = 1e3 + .5;
b7 = [1 -2];
b8 = [1 - 2];
b9 = [v', -r];
b10 = trace(A);
b11 = diag(A);
b12 = isempty([]);
b13 = mean(v > 1);
b14 = sum(v == [3; 2; 2]);
b15 = logical([1 0 2]);
b16 = A(:, 1)' * A(:, 2);
b17 = exp(-v);
b18 = isnan([1 NaN]);
b19 = max([1 NaN 3]);
b20 = 5 / 2;
b21 = corrcoef([1 2 3 4], [2 4 5 9]);
b22 = cov(A);
b23 = numel(find(A > 4));
b24 = abs(-3:3);
b25 = v(end:-1:1);
b26 = A(end, :);
b27 = A(logical([1; 0; 1]), 2);
b29 = sub(4, 5);
[b30, b31] = two(v);
b32 = ifelse1(3);
b33 = ifelse1(-3);
w2 = w;
w2(1, 1) = 5;
b34 = w(1, 1);
b35 = !true;
b36 = 3 != 4;
t1 = 0; t1 += 4; t1 *= 2;
b37 = any(A(:) > 9);
b38 = sum(A, 2)';
b39 = A(1, :)(2);
b40 = min(A(:));
b41 = [1, 2
3, 4];
b42 = std(A, 0, 2);
b43 = sum(sum(A));
b44 = v.' * 2;
b45 = zscore(v);
b46 = dot(v, v);
b47 = round(1234.567);
b48 = ones(size(A));
b49 = v(1);
s.a = 3; s.b = [1 2];
b50 = s.a + s.b(2);
b51 = floor(7 / 2) + 1;
b52 = A(b51 - 1, 1);
e = 1e-3; 
b53 = 2 * pi;
b54 = [A(:, 1:2) ones(3, 1)];
b55 = horzcat(v, v);
b56 = isequal(1, 1);
b57 = mean(A(:, 1));
b58 = (1:3)';
b59 = (1:3)' * (1:2);
b60 = 1 ./ (1 + exp(-A * v));
function r = sub(a, b)
  r = a - b;
end
function [p, q] = two(x)
  p = x(1); q = x * 2;
  return
end
function r = ifelse1(x)
  if x > 0
    r = 1;
  elseif x == 0
    r = 0;
  else
    r = -1;
  end
end
