# What an insured person costs in a year
people <- read.csv("insurance.csv", stringsAsFactors = TRUE)
str(people)
boxplot(charges ~ smoker, data = people)
people$older <- ifelse(people$age > 50, "yes", "no")
people$bmi[is.na(people$bmi)] <- median(people$bmi, na.rm = TRUE)

set.seed(42)
rows <- sample(1:nrow(people), 0.7 * nrow(people))
train <- people[rows, ]
test <- na.omit(people[-rows, ])

model <- lm(log(charges) ~ age * smoker + poly(bmi, 2) + sex + region + older + I(children^2), data = train)
summary(model)$r.squared
predictions <- exp(predict(model, newdata = test))
rmse <- sqrt(mean((predictions - test$charges)^2))
cat("RMSE:", rmse, "\n")
