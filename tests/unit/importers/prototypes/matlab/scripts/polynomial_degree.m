# Which degree of a polynomial is best, by the error on rows kept back (Octave)
data = dlmread("water.csv", ",", 1, 0);
x = data(:, 1);
y = data(:, 2);
q = quantile(y, [0.25 0.75]);
spread = q(2) - q(1);
keep = y > q(1) - 3 * spread & y < q(2) + 3 * spread;
x = x(keep); y = y(keep);
n = numel(x);
order = [1:2:n, 2:2:n];
half = ceil(n / 2);
train = order(1:half);
test = order(half+1:end);
errors = [];
names = {};
for d = 1:6
  p = polyfit(x(train), y(train), d);
  e = polyval(p, x(test)) - y(test);
  errors(end+1) = sqrt(mean(e .^ 2));
  names{end+1} = sprintf("degree %d", d);
endfor
[lowest, best] = min(errors);
p = polyfit(x, y, best);
curve = polyval(p, linspace(min(x), max(x), 11));
% leverage of each row, by the hat matrix
V = ones(n, best + 1);
for k = 1:best
  V(:, k + 1) = x .^ k;
endfor
hat = diag(V / (V' * V) * V');
rounded = round(curve * 10) / 10;
middle = median(errors(errors < mean(errors)));
table_of_errors = [(1:6)' errors'];
