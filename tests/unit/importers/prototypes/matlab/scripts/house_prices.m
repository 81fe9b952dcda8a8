%% Linear regression with several features: gradient descent and normal equations
clear; close all; clc

data = load('houses.txt');
X = data(:, 1:2);
y = data(:, 3);
m = length(y);

fprintf('First examples:\n');
fprintf(' x = [%.0f %.0f], y = %.0f\n', [X(1:5, :) y(1:5, :)]');

[X, mu, sigma] = normalise(X);
X = [ones(m, 1) X];

alpha = 0.1;
steps = 200;
theta = zeros(3, 1);
[theta, costs] = descend(X, y, theta, alpha, steps);

figure;
plot(1:numel(costs), costs, '-b', 'LineWidth', 2);
xlabel('steps'); ylabel('cost');

house = [1, ([1650 3] - mu) ./ sigma];
price = house * theta;
fprintf('Price by gradient descent: %.2f\n', price);

theta_normal = pinv(X' * X) * X' * y;
theta_least = X \ y;
fitted = X * theta_normal;
rmse = sqrt(mean((fitted - y) .^ 2));
r2 = 1 - sum((y - fitted) .^ 2) / sum((y - mean(y)) .^ 2);
fprintf('RMSE: %.2f, R2: %.3f\n', rmse, r2);

function [Z, mu, sigma] = normalise(X)
    mu = mean(X);
    sigma = std(X);
    Z = X;
    for j = 1:size(X, 2)
        Z(:, j) = (X(:, j) - mu(j)) / sigma(j);
    end
end

function [theta, costs] = descend(X, y, theta, alpha, steps)
    m = length(y);
    costs = zeros(steps, 1);
    for k = 1:steps
        theta = theta - alpha / m * (X' * (X * theta - y));
        costs(k) = cost(X, y, theta);
    end
end

function J = cost(X, y, theta)
    e = X * theta - y;
    J = e' * e / (2 * length(y));
end
