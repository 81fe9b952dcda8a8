# Who buys after an advertisement
library(caTools)
library(randomForest)
people = read.csv('buyers.csv')
people = people[, 3:5]
people$Age = ifelse(is.na(people$Age), ave(people$Age, FUN = function(x) mean(x, na.rm = TRUE)), people$Age)
people$Bought = factor(people$Bought, levels = c(0, 1))
set.seed(123)
split = sample.split(people$Bought, SplitRatio = 0.75)
training = subset(people, split == TRUE)
test = subset(people, split == FALSE)
training[-3] = scale(training[-3])
test[-3] = scale(test[-3])
forest = randomForest(x = training[-3], y = training$Bought, ntree = 100)
truth = test$Bought
predictions = predict(forest, newdata = test[-3])
cm = table(test[, 3], predictions)
accuracy = (cm[1, 1] + cm[2, 2]) / sum(cm)
accuracy
