# Who survives
ship <- read.csv("passengers.csv")
ship$Age[is.na(ship$Age)] <- mean(ship$Age, na.rm = TRUE)
ship$Port[ship$Port == ""] <- "S"
ship$Title <- gsub("(.*, )|(\\..*)", "", ship$Name)
ship$Family <- ship$Siblings + ship$Parents^2 + 1
ship$Class <- as.factor(ship$Class)
ship$Survived <- factor(ship$Survived, levels = c(0, 1), labels = c("No", "Yes"))
ship <- ship[, !(names(ship) %in% c("Id", "Name"))]

set.seed(7)
part <- sample(2, nrow(ship), replace = TRUE, prob = c(0.8, 0.2))
train <- ship[part == 1, ]
test <- ship[part == 2, ]

logit <- glm(Survived ~ ., family = binomial, data = train)
predictions <- predict(logit, test, type = "response")
answer <- ifelse(predictions > 0.5, "Yes", "No")
counts <- table(answer, test$Survived)
counts
accuracy <- sum(diag(counts)) / sum(counts)
print(accuracy)
