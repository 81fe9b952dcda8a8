# Texts to doubles, rounded correctly. R's own as.numeric() is off by a unit in the last place for some texts of 17
# digits, and so would be the side of a threshold. Products and quotients are taken as sums of two doubles
# (T. J. Dekker, A floating-point technique for extending the available precision, 1971).

PLAIN_NUMBER <- "^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$"
POWERS <- cumprod(c(1, rep(10, 22))) # exact: 10^22 is the last power of ten that is a double

read_doubles <- function(words) {
  values <- rep(NaN, length(words))
  values[words == "inf"] <- Inf
  values[words == "-inf"] <- -Inf
  short <- grepl("^-?[0-9]{1,15}$", words)
  values[short] <- as.numeric(words[short])
  long <- which(!short & grepl(PLAIN_NUMBER, words))
  if (length(long)) values[long] <- read_decimals(words[long])
  values
}

read_decimals <- function(words) {
  negative <- startsWith(words, "-")
  mantissa <- sub("[eE].*$", "", sub("^[+-]", "", words))
  exponent <- sub("^[^eE]*[eE]?", "", words)
  exponent <- ifelse(exponent == "", 0, as.numeric(exponent))
  point <- as.vector(regexpr(".", mantissa, fixed = TRUE))
  exponent <- exponent - ifelse(point < 0, 0, nchar(mantissa) - point)
  digits <- sub("^0+", "", sub(".", "", mantissa, fixed = TRUE))
  size <- nchar(digits)
  beyond <- pmax(size - 30, 0) # digits after the thirtieth decide nothing
  exponent <- exponent + beyond
  head <- substr(digits, 1, 15)
  tail <- substr(digits, 16, 30)
  high <- ifelse(head == "", 0, as.numeric(paste0("0", head)))
  behind <- nchar(tail)
  scaled <- two_product(high, POWERS[behind + 1])
  whole <- quick_sum(scaled[[1]], scaled[[2]] + ifelse(tail == "", 0, as.numeric(paste0("0", tail))))
  values <- whole[[1]]
  simple <- behind == 0 & abs(exponent) <= 22
  power <- POWERS[pmin(abs(exponent), 22) + 1]
  values[simple] <- ifelse(exponent < 0, high / power, high * power)[simple]
  far <- !simple & abs(size + exponent) > 270 # there two doubles hold no more than one
  values[far] <- as.numeric(sub("^[+-]", "", words[far]))
  hard <- !simple & !far
  up <- which(hard & exponent >= 0)
  values[up] <- double_product(list(whole[[1]][up], whole[[2]][up]), power_of_ten(exponent[up]))[[1]]
  down <- which(hard & exponent < 0)
  values[down] <- double_quotient(list(whole[[1]][down], whole[[2]][down]), power_of_ten(-exponent[down]))
  values[size == 0] <- 0
  ifelse(negative, -values, values)
}

two_product <- function(a, b) {
  p <- a * b
  split <- function(x) {
    t <- 134217729 * x
    high <- t - (t - x)
    list(high, x - high)
  }
  a2 <- split(a)
  b2 <- split(b)
  list(p, ((a2[[1]] * b2[[1]] - p) + a2[[1]] * b2[[2]] + a2[[2]] * b2[[1]]) + a2[[2]] * b2[[2]])
}

quick_sum <- function(a, b) {
  s <- a + b
  list(s, b - (s - a))
}

double_product <- function(a, b) {
  p <- two_product(a[[1]], b[[1]])
  quick_sum(p[[1]], p[[2]] + (a[[1]] * b[[2]] + a[[2]] * b[[1]]))
}

double_quotient <- function(a, b) {
  first <- a[[1]] / b[[1]]
  back <- double_product(b, list(first, 0))
  first + (((a[[1]] - back[[1]]) - back[[2]]) + a[[2]]) / b[[1]]
}

TENS <- list(numeric(301), numeric(301))
for (i in 0:300) {
  power <- list(1, 0)
  for (step in c(rep(22, i %/% 22), i %% 22)) power <- double_product(power, list(POWERS[step + 1], 0))
  TENS[[1]][i + 1] <- power[[1]]
  TENS[[2]][i + 1] <- power[[2]]
}
rm(i, step, power)

power_of_ten <- function(exponent) list(TENS[[1]][exponent + 1], TENS[[2]][exponent + 1])

# The nearest number of 32 bits; too large ones become infinite.
float32 <- function(x) {
  readBin(writeBin(as.vector(x), raw(), size = 4), "numeric", length(x), size = 4)
}
