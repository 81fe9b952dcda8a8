# Columns of a data frame to registers: texts as a file holds them, or typed values.

column_registers <- function(column, values) {
  if (is.factor(values)) values <- as.character(values)
  switch(column$kind,
    number = read_numbers(column, values),
    boolean = read_booleans(column, values),
    category = read_categories(column, values),
    date = read_moments(column, values),
    text = rep(NaN, length(values)),
    stop("column ", column$name, " is of the kind ", column$kind, ", which this reader does not know", call. = FALSE)
  )
}

typed_numbers <- function(values) {
  values <- as.numeric(values)
  values[!is.finite(values)] <- NaN
  values
}

trimmed <- function(column, values) {
  values <- enc2utf8(as.character(values))
  values[is.na(values)] <- ""
  values <- gsub("^[ \t\r\n\f\v]+|[ \t\r\n\f\v]+$", "", values)
  values[tolower(values) %in% tolower(column$missing)] <- ""
  values
}

read_numbers <- function(column, values) {
  if (!is.character(values)) return(typed_numbers(values))
  texts <- trimmed(column, values)
  unit <- column$unit
  if (nzchar(unit)) {
    front <- startsWith(texts, unit)
    texts[front] <- substr(texts[front], nchar(unit) + 1, nchar(texts[front]))
    back <- !front & endsWith(texts, unit)
    texts[back] <- substr(texts[back], 1, nchar(texts[back]) - nchar(unit))
  }
  texts <- gsub(if (column$decimal == ",") "[. ']" else "[, ']", "", texts)
  if (column$decimal == ",") texts <- sub(",", ".", texts, fixed = TRUE)
  plain_numbers(texts)
}

plain_numbers <- function(texts) {
  values <- rep(NaN, length(texts))
  plain <- grepl(PLAIN_NUMBER, texts)
  values[plain] <- read_doubles(texts[plain])
  values[!is.finite(values)] <- NaN
  values
}

read_booleans <- function(column, values) {
  if (!is.character(values)) return(typed_numbers(values))
  texts <- trimmed(column, values)
  place <- match(tolower(texts), tolower(column$categories))
  values <- plain_numbers(texts)
  found <- !is.na(place)
  values[found] <- (place[found] - 1) %% 2
  values[texts == ""] <- NaN
  values
}

read_categories <- function(column, values) {
  if (is.numeric(values)) {
    texts <- shortest_text(typed_numbers(values))
  } else {
    texts <- trimmed(column, values)
  }
  place <- match(texts, column$categories)
  lost <- which(is.na(place) & texts != "")
  if (length(lost)) place[lost] <- match(shortest_text(plain_numbers(texts[lost])), column$categories)
  place[texts == "" | is.na(place)] <- 0
  place - 1
}

# Fewest digits that give the same number again; whole numbers without a point.
shortest_text <- function(values) {
  texts <- rep("", length(values))
  for (i in which(!is.na(values))) {
    x <- values[i]
    if (x == trunc(x) && abs(x) < 1e16) {
      texts[i] <- sprintf("%.0f", x + 0)
    } else {
      for (digits in c(1:17)) {
        texts[i] <- sprintf("%.*e", digits - 1L, x)
        if (read_doubles(texts[i]) == x) break
      }
      exponent <- as.integer(sub(".*e", "", texts[i]))
      if (exponent >= -4 && exponent < 16) texts[i] <- sprintf("%.*f", max(digits - 1L - exponent, 0L), x)
    }
  }
  texts
}

read_moments <- function(column, values) {
  if (inherits(values, "Date")) return(typed_numbers(unclass(values)) * 86400)
  if (inherits(values, "POSIXlt")) values <- as.POSIXct(values)
  if (inherits(values, "POSIXct") || !is.character(values)) return(typed_numbers(unclass(values)))
  texts <- trimmed(column, values)
  seconds <- rep(NaN, length(texts))
  for (format in c(column$formats, ISO_FORMATS)) {
    left <- which(is.nan(seconds) & texts != "")
    if (!length(left)) break
    seconds[left] <- read_dates(texts[left], format, column$century)
  }
  seconds
}

ISO_FORMATS <- c("%Y-%m-%d", paste0("%Y-%m-%d", c(" ", "T"), rep(
  c("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H:%M:%S%z", "%H:%M%z", "%H:%M:%S.%f%z"), each = 2)))
MONTHS <- c("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
            "november", "december")
DATE_PARTS <- c(
  Y = "([0-9]{4})", y = "([0-9]{2})", m = "([0-9]{1,2})", d = "([0-9]{1,2})", H = "([0-9]{1,2})",
  I = "([0-9]{1,2})", M = "([0-9]{2})", S = "([0-9]{2})", f = "([0-9]{1,9})",
  b = paste0("((?i:", paste(c(rev(MONTHS), substr(MONTHS, 1, 3), "sept"), collapse = "|"), "))\\.?"),
  p = "([AaPp])\\.?\\s?[Mm]\\.?", z = "(Z|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})"
)
DATE_PARTS <- c(DATE_PARTS, B = DATE_PARTS[["b"]])

# Seconds since 1970 of texts in one format of strptime; NaN where a text has another form, or is no day.
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
  found <- regmatches(texts, regexec(paste0("^", pattern, "$"), texts, perl = TRUE))
  fits <- which(lengths(found) > 0)
  seconds <- rep(NaN, length(texts))
  if (!length(fits)) return(seconds)
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
  midnight <- hour == 24 & minute == 0 & second == 0 & micros == 0 # the end of the day
  hour[midnight] <- 0
  zone <- part("z", "Z")
  sign <- ifelse(startsWith(zone, "-"), -1, 1)
  zone <- ifelse(zone == "Z", "0000", substr(paste0(gsub("[+:-]", "", zone), "00"), 1, 4))
  ahead <- as.numeric(substr(zone, 1, 2))
  beside <- as.numeric(substr(zone, 3, 4))
  good <- good & year >= 1 & month >= 1 & month <= 12 & hour < 24 & minute < 60 & second < 60 &
    ahead <= 14 & beside < 60
  days <- days_of(year, month, 1)
  length <- days_of(year + (month == 12), month %% 12 + 1, 1) - days
  good <- good & day >= 1 & day <= length
  whole <- (days + day - 1 + midnight) * 86400 + hour * 3600 + minute * 60 + second - sign * (ahead * 3600 + beside * 60)
  seconds[fits] <- ifelse(good, (whole * 1e6 + micros) / 1e6, NaN)
  seconds
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
