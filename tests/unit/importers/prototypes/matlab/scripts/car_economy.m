%% Fuel of cars: a linear model of a table with texts and gaps
cars = readtable('cars.csv');
summary(cars);
cars.Properties.VariableNames{1} = 'Model';
cars = removevars(cars, {'Model'});
cars(strcmp(cars.Origin, 'unknown'), :) = [];
cars.Horsepower(isnan(cars.Horsepower)) = median(cars.Horsepower, 'omitnan');
cars.PowerPerWeight = cars.Horsepower ./ (cars.Weight / 1000);
cars.Origin = categorical(cars.Origin);
cars.Heavy = double(cars.Weight > 1500);

idx = mod(1:height(cars), 5) == 0;
train = cars(~idx, :);
test = cars(idx, :);

mdl = fitlm(train, 'Fuel ~ Weight + PowerPerWeight + Origin');
pred = predict(mdl, test);
rmse = sqrt(mean((test.Fuel - pred) .^ 2));
fprintf('RMSE %.3f, R2 %.3f\n', rmse, mdl.Rsquared.Ordinary);

crossed = fitlm(train, 'Fuel ~ Weight*Horsepower - Heavy');
crossed_pred = predict(crossed, test);

heavy = fitglm(train, 'Heavy ~ Fuel + Horsepower', 'Distribution', 'binomial');
chance = predict(heavy, test);
accuracy = mean((chance > 0.5) == test.Heavy);

scatter(test.Fuel, pred); grid on
