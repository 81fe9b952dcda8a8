# Answers the rows of selftest.csv: scores have the same bits, predictions differ by a few units in the last place.
library(PACKAGE)
file <- system.file("extdata", "selftest.csv", package = "PACKAGE")
rows <- read.csv(file, colClasses = "character", na.strings = character(0), check.names = FALSE, encoding = "UTF-8",
                 blank.lines.skip = FALSE)
names(rows)[1] <- sub("^\ufeff", "", names(rows)[1])
model <- load_model()
given <- answers(model, rows)
wanted <- function(name, columns) {
  vapply(paste(name, seq_len(columns) - 1), function(column) PACKAGE:::read_doubles(rows[[column]]), numeric(nrow(rows)))
}
scores <- wanted("score", ncol(given$scores))
predictions <- wanted("prediction", ncol(given$predictions))
same <- given$scores == scores | (is.nan(given$scores) & is.nan(scores))
if (!all(same)) stop(sum(!same), " scores have other bits")
# where sums are taken in an order of their own, the page of the plan allows more than four units in the last place
loose <- any(vapply(model$steps, function(step) step$operation, "") %in%
               c("lines", "dense", "waves", "neighbours", "correct"))
finite <- predictions[is.finite(predictions)]
greatest <- max(abs(finite), length(model$labels) > 0)
allowed <- if (loose) 1e-12 * max(1, diff(range(finite))) else 4 * 2^(floor(log2(max(greatest, 2^-1022))) - 52)
near <- abs(given$predictions - predictions) <= allowed
near <- near | given$predictions == predictions | (is.nan(given$predictions) & is.nan(predictions))
if (!all(near)) stop(sum(!near), " predictions differ")
if (length(model$labels)) {
  other <- model$labels[PACKAGE:::label_places(model, given$predictions)] != rows[["label"]]
  if (any(other)) stop(sum(other), " labels differ")
}
cat(nrow(rows), "rows agree\n")
