# Which iris it is
library(rpart)
data(iris)
scaled <- function(x) {
  return((x - min(x)) / (max(x) - min(x)))
}
flowers <- as.data.frame(lapply(iris[1:4], scaled))
flowers$Species <- iris$Species
set.seed(2024)
index <- sample(nrow(flowers), floor(nrow(flowers) * 0.7))
train <- flowers[index, ]
test <- flowers[-index, ]
tree <- rpart(Species ~ ., data = train, method = "class")
predictions <- predict(tree, test, type = "class")
truth <- test$Species
mean(predictions == test$Species)
