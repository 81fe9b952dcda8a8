# What a caller uses: load_model(), predict(), answer_file().

load_model <- function(file = system.file("extdata", "plan.txt", package = utils::packageName())) {
  structure(read_plan(file), class = "journeyman_model")
}

print.journeyman_model <- function(x, ...) {
  cat("Model ", x$name, ", version ", x$version, ": ", x$task, ", predicts ", x$target, "\nColumns: ",
      paste(vapply(x$columns, function(c) paste0(c$name, " (", c$kind, ")"), ""), collapse = ", "), "\n", sep = "")
  invisible(x)
}

predict.journeyman_model <- function(object, newdata, ...) {
  answer <- answers(object, newdata)
  table <- as.data.frame(answer$predictions)
  if (length(object$labels)) {
    names(table) <- object$labels
    table <- cbind(data.frame(label = answer$label, stringsAsFactors = FALSE), table)
  } else {
    names(table) <- if (ncol(table) == 1) "prediction" else paste0("prediction_", seq_along(table) - 1)
    if (!is.null(answer$low)) table <- cbind(table, low = answer$low, high = answer$high)
  }
  rownames(table) <- row.names(newdata)
  table
}

# A list: scores and predictions (matrices, a row each), low and high, label.
answers <- function(model, data) {
  names <- vapply(model$columns, function(column) column$name, "")
  absent <- setdiff(names, names(data))
  if (length(absent)) {
    stop("the data have no column ", paste0('"', absent, '"', collapse = ", "), "; the model reads ",
         paste0('"', names, '"', collapse = ", "), call. = FALSE)
  }
  rows <- nrow(data)
  registers <- rep(list(rep(NaN, rows)), model$registers)
  for (i in seq_along(names)) registers[[i]] <- column_registers(model$columns[[i]], data[[names[i]]])
  for (step in model$steps) {
    written <- operations[[step$operation]](step$arguments, registers, model$arrays, rows)
    registers[step$arguments[1] + seq_along(written)] <- written
  }
  result <- list(
    scores = matrix(unlist(registers[model$scores]), rows, length(model$scores)),
    predictions = matrix(unlist(registers[model$outputs]), rows, length(model$outputs))
  )
  if (length(model$labels)) result$label <- typed_labels(model, result$predictions)
  if (model$interval[1] > 0) {
    result$low <- registers[[model$interval[1]]]
    result$high <- registers[[model$interval[2]]]
  }
  result
}

label_places <- function(model, probabilities) {
  if (model$ordered) {
    sums <- probabilities
    for (k in seq_len(ncol(sums))[-1]) sums[, k] <- sums[, k - 1] + sums[, k]
    return(max.col(sums >= 0.5 * sums[, ncol(sums)] - 1e-12, ties.method = "first"))
  }
  if (!is.nan(model$threshold)) return(1 + (probabilities[, 2] >= model$threshold))
  greatest <- probabilities[, 1]
  place <- rep(1, nrow(probabilities))
  for (k in seq_len(ncol(probabilities))[-1]) {
    more <- which(probabilities[, k] > greatest)
    greatest[more] <- probabilities[more, k]
    place[more] <- k
  }
  place
}

typed_labels <- function(model, probabilities) {
  labels <- model$labels[label_places(model, probabilities)]
  switch(model$label_type,
    int = , float = read_doubles(labels),
    bool = tolower(labels) == "true",
    labels
  )
}

answer_file <- function(model, rows, answers) {
  data <- read_rows(rows)
  given <- answers(model, data)
  columns <- c(
    text_columns(given$scores, "score"), text_columns(given$predictions, "prediction"),
    if (!is.null(given$low)) list(low = number_texts(given$low), high = number_texts(given$high)),
    if (length(model$labels)) list(label = quoted(model$labels[label_places(model, given$predictions)]))
  )
  lines <- c(paste(names(columns), collapse = ","), if (nrow(data)) do.call(paste, c(unname(columns), sep = ",")))
  writeLines(enc2utf8(lines), answers, useBytes = TRUE)
}

# A file of texts. read.csv() drops carriage returns within quotes: a byte that the file has not stands for them meanwhile.
read_rows <- function(file) {
  bytes <- readBin(file, "raw", file.size(file))
  returns <- which(bytes == as.raw(13) & cumsum(bytes == as.raw(34)) %% 2 == 1)
  free <- setdiff(c(1:8, 14:31), as.integer(unique(bytes)))
  if (length(returns) && length(free)) {
    bytes[returns] <- as.raw(free[1])
    file <- tempfile()
    on.exit(unlink(file))
    writeBin(bytes, file)
  }
  data <- utils::read.csv(file, colClasses = "character", na.strings = character(0), check.names = FALSE,
                          encoding = "UTF-8", blank.lines.skip = FALSE)
  names(data)[1] <- sub("^\ufeff", "", names(data)[1])
  if (length(returns) && length(free)) {
    data[] <- lapply(data, function(texts) gsub(rawToChar(as.raw(free[1])), "\r", texts, fixed = TRUE))
  }
  data
}

text_columns <- function(values, name) {
  columns <- lapply(seq_len(ncol(values)), function(k) number_texts(values[, k]))
  names(columns) <- sprintf("%s %d", name, seq_along(columns) - 1L)
  columns
}

number_texts <- function(values) {
  texts <- sprintf("%.17g", values)
  texts[is.nan(values)] <- "nan"
  texts[values == Inf] <- "inf"
  texts[values == -Inf] <- "-inf"
  texts
}

quoted <- function(texts) paste0("\"", gsub("\"", "\"\"", texts, fixed = TRUE), "\"")
