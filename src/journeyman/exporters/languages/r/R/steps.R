# The steps of a plan. Registers are a list of columns, so that each step works on all rows at once. A step gets its
# arguments, the registers, the arrays and the number of rows, and returns the columns that it writes one after the other,
# beginning with the register that its first argument names. Sums are taken from left to right: sum() would use longer
# doubles, and matrix products another order.

column <- function(registers, place) registers[[place + 1]]
array <- function(arrays, place) arrays[[place + 1]]
block <- function(registers, first, count) registers[first + seq_len(count)]
finite <- function(x) {
  x[!is.finite(x)] <- NaN
  x
}
held <- function(x, low, high) pmin(pmax(x, low), high)
each <- function(columns, f) lapply(columns, f)
logistic <- function(x) 1 / (1 + exp(-x))

added <- function(columns, rows) {
  if (!length(columns)) return(rep(0, rows))
  Reduce(`+`, columns)
}

through_sum <- function(columns) {
  total <- Reduce(`+`, columns)
  each(columns, function(x) x / total)
}

plain_step <- function(s, r, a, n) list(finite(column(r, s[2])))

fill_step <- function(s, r, a, n) {
  places <- array(a, s[2])
  fill <- array(a, s[3])
  shift <- array(a, s[4])
  scale <- array(a, s[5])
  limit <- s[6]
  filled <- lapply(seq_along(places), function(i) {
    x <- finite(column(r, places[i]))
    x[is.nan(x)] <- fill[i]
    x <- (x - shift[i]) * scale[i]
    if (limit != 0) held(x, -limit, limit) else x
  })
  flags <- lapply(array(a, s[7]), function(i) as.numeric(!is.finite(column(r, places[i + 1]))))
  c(filled, flags)
}

code_step <- function(s, r, a, n) {
  lapply(array(a, s[2]), function(place) {
    x <- column(r, place)
    x[which(x < 0)] <- NaN
    x
  })
}

onehot_step <- function(s, r, a, n) {
  x <- column(r, s[2])
  lapply(seq_len(s[3]) - 1, function(k) as.numeric(!is.na(x) & x == k))
}

rows_of <- function(values, width, row) lapply(seq_len(width), function(k) values[row * width + k])

table_step <- function(s, r, a, n) {
  x <- column(r, s[2])
  values <- array(a, s[4])
  last <- length(values) / s[3] - 1
  rows_of(values, s[3], ifelse(is.na(x) | x < 0, last, x))
}

embed_step <- function(s, r, a, n) {
  x <- trunc(column(r, s[2]))
  rows_of(array(a, s[5]), s[4], ifelse(is.na(x) | x < 0 | x >= s[3], s[3] - 1, x))
}

calendar_step <- function(s, r, a, n) {
  x <- column(r, s[2])
  missing <- is.nan(x)
  x[missing] <- 0
  whole <- trunc(x)
  days <- floor(whole / 86400)
  date <- date_of(days)
  makers <- list(
    function() date$year, function() date$month, function() date$day, function() (days + 3) %% 7,
    function() days - days_of(date$year, 1, 1) + 1, function() (whole - days * 86400) / 3600,
    function() (x - s[4]) / 86400
  )
  lapply(array(a, s[3]), function(part) {
    values <- makers[[part + 1]]()
    values[missing] <- s[5]
    values
  })
}

gaps_step <- function(s, r, a, n) {
  numbers <- lapply(array(a, s[2]), function(place) as.numeric(!is.finite(column(r, place))))
  codes <- lapply(array(a, s[3]), function(place) as.numeric(column(r, place) < 0))
  list(added(c(numbers, codes), n))
}

slot_step <- function(s, r, a, n) {
  x <- column(r, s[2])
  x[which(x < 0)] <- s[3]
  list(x)
}

bin_step <- function(s, r, a, n) {
  x <- column(r, s[2])
  edges <- array(a, s[3])
  bins <- rep(length(edges), n)
  known <- is.finite(x)
  if (length(edges)) bins[known] <- findInterval(x[known], edges, left.open = TRUE) else bins[known] <- 0
  list(as.numeric(bins))
}

cell_step <- function(s, r, a, n) {
  beside <- if (s[3] < 0) 0 else column(r, s[3])
  list(array(a, s[6])[s[5] + s[4] * column(r, s[2]) + beside + 1])
}

weigh_step <- function(s, r, a, n) list(finite(column(r, s[2]) * s[4] + column(r, s[3]) * s[5]))
product_step <- function(s, r, a, n) list(finite(column(r, s[2]) * column(r, s[3])))
ratio_step <- function(s, r, a, n) list(finite(column(r, s[2]) / column(r, s[3])))

constant_step <- function(s, r, a, n) lapply(array(a, s[2]), rep, n)

lines_step <- function(s, r, a, n) {
  places <- array(a, s[2])
  outputs <- s[3]
  weights <- array(a, s[4])
  offsets <- array(a, s[5])
  lapply(seq_len(outputs), function(k) {
    total <- rep(0, n)
    for (j in seq_along(places)) {
      term <- column(r, places[j]) * weights[(j - 1) * outputs + k]
      total <- if (j == 1) term else total + term
    }
    total + offsets[k]
  })
}

copy_step <- function(s, r, a, n) block(r, s[2], s[3])

logistic_step <- function(s, r, a, n) {
  p <- logistic(column(r, s[2]))
  list(1 - p, p)
}

share_step <- function(s, r, a, n) {
  p <- held(column(r, s[2]), 0, 1)
  list(1 - p, p)
}

softmax_step <- function(s, r, a, n) {
  scores <- block(r, s[2], s[3])
  greatest <- do.call(pmax, scores)
  through_sum(each(scores, function(x) exp(x - greatest)))
}

above_step <- function(s, r, a, n) {
  thresholds <- array(a, s[5])
  above <- lapply(seq_along(thresholds), function(i) {
    logistic(column(r, s[2] + (if (s[4] == 1) i - 1 else 0)) - thresholds[i])
  })
  steps <- c(list(rep(1, n)), sorted_columns(above, decreasing = TRUE), list(rep(0, n)))
  through_sum(lapply(seq_len(length(steps) - 1), function(k) pmax(steps[[k]] - steps[[k + 1]], 1e-9)))
}

sorted_columns <- function(columns, decreasing) {
  if (!length(columns)) return(columns)
  values <- do.call(cbind, columns)
  values <- t(apply(values, 1, sort, decreasing = decreasing, na.last = TRUE))
  lapply(seq_along(columns), function(k) values[(k - 1) * length(columns[[1]]) + seq_along(columns[[1]])])
}

clip_step <- function(s, r, a, n) each(block(r, s[2], s[3]), function(x) held(x, s[4], s[5]))
affine_step <- function(s, r, a, n) each(block(r, s[2], s[3]), function(x) s[4] + s[5] * x)
divide_step <- function(s, r, a, n) each(block(r, s[2], s[3]), function(x) x / s[4])
add_step <- function(s, r, a, n) Map(`+`, block(r, s[2], s[4]), block(r, s[3], s[4]))

ordered_step <- function(s, r, a, n) {
  values <- sorted_columns(block(r, s[2], s[3]), decreasing = FALSE)
  written <- values
  written[array(a, s[4]) + 1] <- values
  written
}

mean_step <- function(s, r, a, n) {
  members <- array(a, s[3])
  weights <- array(a, s[4])
  lapply(seq_len(s[2]) - 1, function(k) {
    added(lapply(seq_along(members), function(i) weights[i] * column(r, members[i] + k)), n)
  })
}

temper_step <- function(s, r, a, n) through_sum(each(block(r, s[2], s[3]), function(x) held(x, 1e-7, 1)^s[4]))

unscale_step <- function(s, r, a, n) {
  x <- held(column(r, s[2]), 0, s[4])
  list((if (s[3] == 0) expm1(x) else x * x) + s[5])
}

spread_step <- function(s, r, a, n) {
  given <- block(r, s[2], s[3])
  levels <- array(a, s[5])
  factors <- array(a, s[6])
  median <- given[[1]]
  for (k in seq_along(levels)) {
    given[[k]] <- median + (given[[k]] - median) * factors[k]
    if (!is.nan(s[4])) given[[k]] <- pmax(given[[k]], s[4])
  }
  order <- order(levels)
  fence <- given[[1]]
  for (k in rev(order[levels[order] < levels[1]])) fence <- given[[k]] <- pmin(given[[k]], fence)
  fence <- given[[1]]
  for (k in order[levels[order] > levels[1]]) fence <- given[[k]] <- pmax(given[[k]], fence)
  given
}

correct_step <- function(s, r, a, n) {
  names <- c("o", "i", "n", "classes", "c", "low", "high", "missing", "numbers", "floor", "ceiling", "coded", "codes",
             "center", "spread", "weights", "offset")
  s <- as.list(stats::setNames(s, names))
  lists <- lapply(s[9:17], function(place) array(a, place))
  given <- block(r, s$i, s$n)
  numbers <- lapply(seq_along(lists$numbers), function(i) {
    held(column(r, lists$numbers[i]), lists$floor[i], lists$ceiling[i])
  })
  codes <- lapply(seq_along(lists$coded), function(i) {
    x <- column(r, lists$coded[i])
    as.numeric(!is.na(x) & x == lists$codes[i])
  })
  z <- c(numbers, codes, given)
  for (j in seq_along(z)) {
    z[[j]] <- (z[[j]] - lists$center[j]) / lists$spread[j]
    z[[j]][is.nan(z[[j]])] <- 0
  }
  corrected <- lapply(seq_len(s$n), function(k) {
    terms <- lapply(seq_along(z), function(j) z[[j]] * lists$weights[(j - 1) * s$n + k])
    given[[k]] + lists$offset[k] + added(terms, n)
  })
  if (s$classes == 1) corrected <- through_sum(each(corrected, function(x) held(x, 0.005, 1)))
  at <- column(r, s$c)
  inside <- if (s$missing == 1) is.nan(at) else !is.nan(at) & at >= s$low & at < s$high
  Map(function(new, old) ifelse(inside, new, old), corrected, given)
}

factor_step <- function(s, r, a, n) {
  x <- column(r, s[2])
  at <- array(a, s[3])
  logarithm <- array(a, s[4])
  values <- rep(s[5], n)
  if (!length(at)) {
    known <- which(x >= 0 & x < length(logarithm))
    values[known] <- logarithm[x[known] + 1]
    return(list(values))
  }
  known <- which(is.finite(x))
  x <- held(x[known], at[1], at[length(at)])
  left <- pmin(findInterval(x, at), max(length(at) - 1, 1))
  right <- pmin(left + 1, length(at))
  slope <- (logarithm[right] - logarithm[left]) / (at[right] - at[left])
  values[known] <- ifelse(x == at[right] | left == right, logarithm[right], slope * (x - at[left]) + logarithm[left])
  list(values)
}

size_step <- function(s, r, a, n) {
  total <- rep(s[3], n)
  for (place in array(a, s[2])) total <- total + column(r, place)
  list(exp(held(total, s[4], s[5])))
}

interval_step <- function(s, r, a, n) {
  size <- if (s[7] < 0) 1 else column(r, s[7])
  middle <- column(r, s[2])
  low <- column(r, s[2] + s[3]) - s[5] * size
  high <- column(r, s[2] + s[4]) + s[6] * size
  if (s[3] != s[4]) {
    low <- pmin(low, middle)
    high <- pmax(high, middle)
  }
  list(low, high)
}
