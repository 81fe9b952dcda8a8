% Kinds of flowers: neighbours, trees and forests, judged on rows kept back and in folds
t = readtable('flowers.csv');
t = rmmissing(t);
features = {'SepalLength', 'SepalWidth', 'PetalLength', 'PetalWidth'};
X = t{:, features};
y = t.Kind;

rng(42);
c = cvpartition(y, 'HoldOut', 0.3);
XTrain = X(training(c), :); yTrain = y(training(c));
XTest = X(test(c), :);      yTest = y(test(c));

knn = fitcknn(XTrain, yTrain, 'NumNeighbors', 5, 'Standardize', true);
knnLabels = predict(knn, XTest);
knnAccuracy = mean(strcmp(knnLabels, yTest));

tree = fitctree(XTrain, yTrain, 'MinLeafSize', 3);
treeError = loss(tree, XTest, yTest);

forest = fitcensemble(XTrain, yTrain, 'Method', 'Bag', 'NumLearningCycles', 50);
[labels, scores] = predict(forest, XTest);
accuracy = sum(strcmp(labels, yTest)) / numel(yTest);
C = confusionmat(yTest, labels);

folds = crossval(forest, 'KFold', 5);
foldError = kfoldLoss(folds);
spectrum = fft(X(:, 1));
