# How many bicycles are lent in an hour
library(dplyr)
hours <- read.csv("bikes.csv")
weather <- read.csv("weather.csv")
ready <- hours %>%
  filter(!is.na(temperature), humidity > 5) %>%
  left_join(weather, by = "sky") %>%
  mutate(
    part = case_when(hour < 7 ~ "night", hour < 12 ~ "morning", TRUE ~ "day"),
    season = factor(season),
    rush = as.integer(hour %in% c(8, 17))
  ) %>%
  group_by(season) %>%
  mutate(usual = mean(temperature)) %>%
  ungroup() %>%
  select(-id) %>%
  rename(damp = humidity) %>%
  arrange(desc(hour), temperature)
ready %>% group_by(season) %>% summarise(mean(count), n())
set.seed(11)
train <- sample_frac(ready, 0.75)
model <- glm(count ~ temperature + part * season + damp + log(hour + 1) + rush + comfort + usual,
             family = poisson(link = "log"), data = train)
predictions <- predict(model, newdata = ready, type = "response")
mean(abs(predictions - ready$count))
