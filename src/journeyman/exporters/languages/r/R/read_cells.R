# Columns of a data frame to registers: texts as a file holds them, or typed values.

column_registers <- function(column, values) {
  if (is.factor(values)) values <- as.character(values)
  switch(column$kind,
    number = read_numbers(column, values),
    boolean = read_booleans(column, values),
    category = read_categories(column, values),
    date = read_moments(column, values),
    text = text_column(column, values),
    stop("column ", column$name, " is of the kind ", column$kind, ", which this reader does not know", call. = FALSE)
  )
}

typed_numbers <- function(column, values) {
  values <- as.numeric(values)
  values[!is.finite(values) | values %in% gone(column)] <- NaN
  values
}

# The numbers, or moments, among the texts that stand for a missing value.
gone <- function(column) {
  values <- if (column$kind == "date") read_micros(column, column$missing) / 1e6 else plain_numbers(column$missing)
  values[!is.nan(values)]
}

BLANKS <- "[ \t\n\r\f\v\u00a0\u202f\u2009\u3000\ufeff\u200b\u200e\u200f\u2060]+"
without_blanks <- function(texts) gsub(paste0("^", BLANKS, "|", BLANKS, "$"), "", texts)

# Texts without blanks at their ends and without a pair of quotes around them.
cleaned <- function(values) {
  texts <- enc2utf8(as.character(values))
  texts[is.na(texts)] <- ""
  texts <- without_blanks(texts)
  texts <- sub("^=\"", "\"", texts)
  quoted <- grepl("^(\".*\"|'.*')$", texts) & nchar(texts) > 1
  texts[quoted] <- without_blanks(substr(texts[quoted], 2, nchar(texts[quoted]) - 1))
  texts
}

read_numbers <- function(column, values) {
  if (!is.character(values)) return(typed_numbers(column, values))
  texts <- cleaned(values)
  comma <- column$decimal == ","
  numbers <- plain_numbers(texts)
  other <- !grepl(PLAIN_NUMBER, texts)
  if (comma) other <- other | grepl(".", texts, fixed = TRUE)
  numbers[other] <- written_numbers(texts[other], column$unit, comma)
  numbers[numbers %in% gone(column)] <- NaN
  numbers
}

written_numbers <- function(texts, unit, comma) {
  if (nzchar(unit)) {
    sign <- ifelse(grepl("^[+-]", texts), substr(texts, 1, 1), "")
    front <- startsWith(texts, paste0(sign, unit))
    size <- nchar(sign[front]) + nchar(unit)
    texts[front] <- paste0(sign[front], without_blanks(substr(texts[front], size + 1, nchar(texts[front]))))
    back <- !front & endsWith(texts, unit)
    texts[back] <- without_blanks(substr(texts[back], 1, nchar(texts[back]) - nchar(unit)))
  }
  groups <- if (comma) "[. '_]" else "[, '_]"
  written <- grepl(paste0("^[+-]?([1-9][0-9]{0,2}(", groups, ")[0-9]{3}(?:\\2[0-9]{3})*|[0-9]*)",
                          if (comma) "(?:,[0-9]*)?" else "(?:\\.[0-9]*)?", "([eE][+-]?[0-9]+)?$"), texts, perl = TRUE)
  plain <- gsub(groups, "", texts[written])
  if (comma) plain <- sub(",", ".", plain, fixed = TRUE)
  numbers <- ifelse(texts == "True", 1, ifelse(texts == "False", 0, NaN))
  numbers[written] <- plain_numbers(plain)
  other <- if (comma) "\\." else "," # a decimal sign of the other style, where it cannot divide groups
  swapped <- !written & grepl(paste0("^[+-]?[0-9]+", other, "([0-9]{1,2}|[0-9]{4,})([eE][+-]?[0-9]+)?$"), texts)
  numbers[swapped] <- plain_numbers(sub(",", ".", texts[swapped], fixed = TRUE))
  numbers
}

plain_numbers <- function(texts) {
  values <- rep(NaN, length(texts))
  plain <- grepl(PLAIN_NUMBER, texts)
  values[plain] <- read_doubles(texts[plain])
  values[!is.finite(values)] <- NaN
  values
}

read_booleans <- function(column, values) {
  if (!is.character(values)) return(typed_numbers(column, values))
  texts <- cleaned(values)
  names <- tolower(column$categories)
  place <- match(tolower(texts), names)
  numbers <- plain_numbers(texts)
  numbers[numbers %in% gone(column)] <- NaN
  lost <- which(is.na(place) & !is.nan(numbers))
  place[lost] <- match(shortest_texts(numbers[lost]), names)
  if (!identical(names[1:2], c("0", "1"))) numbers[] <- NaN
  numbers[!is.na(place)] <- (place[!is.na(place)] - 1) %% 2
  numbers[texts == "" | texts %in% column$missing] <- NaN
  numbers
}

read_categories <- function(column, values) {
  if (is.logical(values)) values <- ifelse(values, "True", "False")
  texts <- if (is.numeric(values)) shortest_texts(as.numeric(values)) else cleaned(values)
  place <- match(texts, column$categories)
  lost <- which(is.na(place) & !texts %in% column$missing & grepl(PLAIN_NUMBER, texts))
  if (length(lost) && column$unit != "exact") {
    bare <- shortest_texts(read_doubles(texts[lost]))
    if (column$unit == "zeros") {
      digits <- grepl("^[0-9]+$", texts[lost])
      bare[digits] <- texts[lost][digits]
      missing <- ifelse(grepl("^[0-9]+$", bare), pmax(nchar(column$categories[1]) - nchar(bare), 0), 0)
      bare <- paste0(strrep("0", missing), bare)
    }
    place[lost] <- match(bare, column$categories)
  }
  place[texts == "" | is.na(place)] <- 0
  place - 1
}

# The fewest digits that give the same number again, as Python writes them; whole numbers below 1e15 without a point.
shortest_texts <- function(values) {
  texts <- rep("", length(values))
  for (i in which(!is.na(values))) texts[i] <- shortest_text(values[i])
  texts
}

shortest_text <- function(x) {
  if (is.infinite(x)) return(if (x > 0) "inf" else "-inf")
  if (x == trunc(x) && abs(x) < 1e15) return(sprintf("%.0f", x + 0))
  for (digits in 1:17) {
    text <- sprintf("%.*e", digits - 1L, x)
    if (read_doubles(text) == x) break
  }
  exponent <- as.integer(sub(".*e", "", text))
  if (exponent < -4 || exponent >= 16) return(text)
  text <- sprintf("%.*f", max(digits - 1L - exponent, 0L), x)
  if (grepl(".", text, fixed = TRUE)) text else paste0(text, ".0")
}

read_moments <- function(column, values) {
  if (inherits(values, "Date")) return(typed_numbers(column, as.numeric(unclass(values)) * 86400))
  if (inherits(values, "POSIXlt")) values <- as.POSIXct(values)
  if (!is.character(values)) return(typed_numbers(column, unclass(values)))
  texts <- cleaned(values)
  micros <- read_micros(column, texts)
  micros[texts %in% column$missing | micros %in% read_micros(column, column$missing)] <- NaN
  micros / 1e6
}

EPOCHS <- c(epoch_s = 1e6, epoch_ms = 1e3, epoch_us = 1, epoch_ns = 1e-3)

# Microseconds since 1970, NaN where no format fits.
read_micros <- function(column, texts) {
  micros <- rep(NaN, length(texts))
  for (format in column$formats) {
    left <- which(is.nan(micros))
    if (format %in% names(EPOCHS)) {
      read <- round(plain_numbers(texts[left]) * EPOCHS[[format]])
      read[abs(read) >= 2^62] <- NaN # no moment that 64 bits hold
      micros[left] <- read
    } else {
      micros[left] <- read_dates(texts[left], format, column$century)
    }
  }
  micros
}

MONTHS <- c("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
            "november", "december")
DATE_PARTS <- c(
  Y = "([0-9]{4})", y = "([0-9]{2})", m = "([0-9]{1,2})", d = "([0-9]{1,2})", H = "([0-9]{1,2})",
  I = "([0-9]{1,2})", M = "([0-9]{2})", S = "([0-9]{2})", f = "([0-9]{1,9})",
  b = paste0("((?i:", paste(c(MONTHS, substr(MONTHS, 1, 3)), collapse = "|"), "))\\.?"),
  p = "([AaPp])[Mm]", z = "(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})"
)
DATE_PARTS <- c(DATE_PARTS, B = DATE_PARTS[["b"]])

# Microseconds since 1970 of texts in one format of strptime; NaN where a text has another form, or is no day.
read_dates <- function(texts, format, century) {
  signs <- strsplit(format, "", fixed = TRUE)[[1]]
  pattern <- ""
  parts <- character(0)
  i <- 1
  while (i <= length(signs)) {
    if (signs[i] == "%") {
      part <- signs[i + 1]
      if (is.na(DATE_PARTS[part])) stop("dates in the format ", format, " are not read here", call. = FALSE)
      pattern <- paste0(pattern, DATE_PARTS[[part]])
      parts <- c(parts, if (part == "B") "b" else part)
      i <- i + 2
    } else {
      pattern <- paste0(pattern, gsub("([^A-Za-z0-9 ])", "\\\\\\1", signs[i]))
      i <- i + 1
    }
  }
  if (format %in% c("%Y-%m", "%Y/%m", "%m/%Y") || startsWith(format, "%Y%m%d")) {
    pattern <- gsub("{1,2}", "{2}", pattern, fixed = TRUE)
  }
  found <- regmatches(texts, regexec(paste0("^", pattern, "$"), texts, perl = TRUE))
  fits <- which(lengths(found) > 0)
  read <- rep(NaN, length(texts))
  if (!length(fits)) return(read)
  groups <- do.call(rbind, found[fits])
  part <- function(name, otherwise) {
    place <- match(name, parts)
    if (is.na(place)) rep(otherwise, length(fits)) else groups[, place + 1]
  }
  year <- if ("Y" %in% parts) as.numeric(part("Y", "")) else century + (as.numeric(part("y", "0")) - century) %% 100
  month <- if ("b" %in% parts) {
    match(substr(tolower(part("b", "")), 1, 3), substr(MONTHS, 1, 3))
  } else {
    as.numeric(part("m", "1"))
  }
  day <- as.numeric(part("d", "1"))
  hour <- as.numeric(part("H", "0"))
  good <- rep(TRUE, length(fits))
  if ("I" %in% parts) {
    hour <- as.numeric(part("I", "0"))
    good <- hour >= 1 & hour <= 12
    hour <- hour %% 12 + ifelse(toupper(part("p", "A")) == "P", 12, 0)
  }
  minute <- as.numeric(part("M", "0"))
  second <- as.numeric(part("S", "0"))
  micros <- as.numeric(substr(paste0(part("f", "0"), "000000"), 1, 6))
  zone <- part("z", "Z")
  sign <- ifelse(startsWith(zone, "-"), -1, 1)
  zone <- ifelse(zone %in% c("Z", "UTC", "GMT"), "0000", substr(paste0(gsub("[+:-]", "", zone), "00"), 1, 4))
  ahead <- as.numeric(substr(zone, 1, 2))
  beside <- as.numeric(substr(zone, 3, 4))
  day_ends <- hour == 24 & minute == 0 & second == 0 & micros == 0
  good <- good & year >= 1 & month >= 1 & month <= 12 & (hour < 24 | day_ends) & minute < 60 & second < 60 &
    ahead <= 14 & beside < 60
  days <- days_of(year, month, 1)
  length <- days_of(year + (month == 12), month %% 12 + 1, 1) - days
  good <- good & day >= 1 & day <= length
  whole <- (days + day - 1) * 86400 + hour * 3600 + minute * 60 + second - sign * (ahead * 3600 + beside * 60)
  read[fits] <- ifelse(good, whole * 1e6 + micros, NaN)
  read
}

# Days since 1970 of a date of the Gregorian calendar, and back (howardhinnant.github.io/date_algorithms.html).
days_of <- function(year, month, day) {
  year <- year - (month <= 2)
  era <- floor(year / 400)
  of_era <- year - era * 400
  of_year <- floor((153 * (month + ifelse(month > 2, -3, 9)) + 2) / 5) + day - 1
  era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468
}

date_of <- function(days) {
  days <- days + 719468
  era <- floor(days / 146097)
  of_era <- days - era * 146097
  years <- floor((of_era - floor(of_era / 1460) + floor(of_era / 36524) - floor(of_era / 146096)) / 365)
  of_year <- of_era - (365 * years + floor(years / 4) - floor(years / 100))
  shifted <- floor((5 * of_year + 2) / 153)
  day <- of_year - floor((153 * shifted + 2) / 5) + 1
  month <- shifted + ifelse(shifted < 10, 3, -9)
  list(year = years + era * 400 + (month <= 2), month = month, day = day)
}
