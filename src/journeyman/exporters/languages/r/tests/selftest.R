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
unit <- 4 * 2^(floor(log2(pmax(abs(predictions), 2^-1022))) - 52)
range <- max(1, diff(range(predictions[is.finite(predictions)], 0)))
loose <- any(vapply(model$steps, function(step) step$operation, "") %in%
               c("squash", "waves", "embed", "dense", "bend", "neighbours"))
near <- abs(given$predictions - predictions) <= if (loose) 1e-12 * range else unit
near <- near | given$predictions == predictions | (is.nan(given$predictions) & is.nan(predictions))
if (!all(near)) stop(sum(!near), " predictions differ")
cat(nrow(rows), "rows agree\n")
