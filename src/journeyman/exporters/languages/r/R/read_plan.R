# The file plan.txt as a list; docs: the page "The scoring plan" of Journeyman.

#' @noRd
read_plan <- function(file) {
  if (!file.exists(file)) stop("no plan at ", file, call. = FALSE)
  lines <- readLines(file, encoding = "UTF-8", warn = FALSE)
  words <- unlist(strsplit(lines, " ", fixed = TRUE))
  if (length(words) < 2 || words[1] != "journeyman-plan") stop(file, " is no scoring plan", call. = FALSE)
  if (words[2] != "1") stop(file, " was written by a newer version: format ", words[2], ", this reads 1", call. = FALSE)
  at <- 2
  take <- function(count = 1) {
    if (is.na(count) || at + count > length(words)) stop(file, " is cut off", call. = FALSE)
    taken <- words[at + seq_len(count)]
    at <<- at + count
    taken
  }
  numbers <- function(count) read_doubles(take(count))
  number <- function() numbers(1)
  keyword <- function(name) {
    if (take() != name) stop(file, ": \"", name, "\" was expected at word ", at, call. = FALSE)
  }
  named_text <- function(name) {
    keyword(name)
    plain_text(take())
  }
  counted <- function(name, each) {
    keyword(name)
    lapply(seq_len(number()), function(i) each())
  }
  registers <- function(name) {
    keyword(name)
    numbers(number()) + 1
  }
  m <- list(name = named_text("name"))
  keyword("version")
  m$version <- number()
  m$task <- named_text("task")
  m$target <- named_text("target")
  texts <- counted("texts", function() plain_text(take(number())))
  m$arrays <- counted("arrays", function() numbers(number()))
  attr(m$arrays, "texts") <- texts
  text_list <- function() {
    list <- number()
    if (list < 0) character(0) else texts[[list + 1]]
  }
  m$columns <- counted("columns", function() {
    first <- plain_text(take(4))
    list(name = first[1], kind = first[2], decimal = first[3], unit = first[4], categories = text_list(),
         missing = text_list(), formats = text_list(), century = number())
  })
  keyword("registers")
  m$registers <- number()
  m$steps <- counted("steps", function() {
    operation <- take()
    if (!operation %in% names(operations)) {
      stop(file, ": the operation \"", operation, "\" is not known to this reader", call. = FALSE)
    }
    list(operation = operation, arguments = numbers(number()))
  })
  m$scores <- registers("scores")
  m$outputs <- registers("outputs")
  keyword("labels")
  m$labels <- text_list()
  m$label_type <- take()
  m$threshold <- number()
  m$ordered <- number() == 1
  keyword("interval")
  m$interval <- numbers(2) + 1
  keyword("end")
  m
}

# "\s" is a blank, "\n" a line feed, "\t" a tab, "\r" a carriage return, "\\" a backslash, "\e" alone the empty text.
plain_text <- function(words) {
  escaped <- grep("\\", words, fixed = TRUE)
  for (i in escaped) {
    parts <- strsplit(words[i], "\\\\", fixed = TRUE)[[1]]
    if (grepl("\\\\$", words[i], fixed = FALSE)) {
      # a pair of backslashes at the end leaves no last part
      pairs <- gregexpr("\\\\", words[i], fixed = TRUE)[[1]]
      if (max(pairs) == nchar(words[i]) - 1) parts <- c(parts, "")
    }
    for (pair in list(c("\\s", " "), c("\\n", "\n"), c("\\t", "\t"), c("\\r", "\r"), c("\\e", ""))) {
      parts <- gsub(pair[1], pair[2], parts, fixed = TRUE)
    }
    words[i] <- paste(parts, collapse = "\\")
  }
  words
}
