% Logistic regression of admissions by Newton's method, with squares of the features and a penalty
data = csvread('exams.csv');
X = data(:, [1 2]); y = data(:, end);
train = mod((1:size(data, 1))', 4) ~= 0;      % each fourth row is kept back
Z = (X - mean(X(train, :))) ./ std(X(train, :));
F = with_powers(Z(:, 1), Z(:, 2), 3);
lambda = 1;
theta = zeros(size(F, 2), 1);
change = Inf; turns = 0;
while change > 1e-10 && turns < 50
    h = sigmoid(F(train, :) * theta);
    P = lambda * eye(size(F, 2)); P(1, 1) = 0;
    g = F(train, :)' * (h - y(train)) + P * theta;
    H = F(train, :)' * diag(h .* (1 - h)) * F(train, :) + P;
    step = H \ g;
    theta -= step;
    change = max(abs(step));
    turns++;
end
prob = sigmoid(F * theta);
p = double(prob >= 0.5);
train_accuracy = mean(double(p(train) == y(train))) * 100;
test_accuracy = mean(p(~train) == y(~train)) * 100;
if test_accuracy > 70, good = 1; else, good = 0; end
missed = find(p ~= y)';

function g = sigmoid(z)
    g = 1 ./ (1 + exp(-z));
end

function out = with_powers(a, b, degree)
    out = ones(size(a));
    for i = 1:degree
        for j = 0:i
            out(:, end+1) = (a .^ (i - j)) .* (b .^ j);
        end
    end
end
