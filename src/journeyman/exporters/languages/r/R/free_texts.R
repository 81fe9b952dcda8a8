# Steps that read free texts. A text is a vector of code points. The points of a column stand beside its register, as the
# attribute "points", and the plan's lists of texts beside its arrays, as the attribute "texts".

SPACES <- c(9:13, 28:32, 133, 160, 5760, 8192:8202, 8232, 8233, 8239, 8287, 12288)
TRIMMED <- c(9:13, 32, 160, 8239, 8201, 12288, 65279, 8203, 8206, 8207, 8288)
SMALL <- c(65:90, 192:214, 216:222, 1040:1071) # capitals of Latin and Cyrillic; their small letters are 32 further
TEXTS_AT_ONCE <- 500

text_column <- function(column, values) {
  if (is.logical(values)) values <- ifelse(values, "True", "False")
  if (is.numeric(values)) values <- shortest_texts(ifelse(is.finite(values), as.numeric(values), NA))
  texts <- enc2utf8(as.character(values))
  texts[is.na(texts)] <- ""
  damaged <- !validUTF8(texts)
  texts[damaged] <- iconv(texts[damaged], "UTF-8", "UTF-8", sub = "\ufffd")
  signs <- column$categories
  longest <- max(nchar(c(signs, column$missing)), 0)
  points <- lapply(texts, function(text) {
    points <- utf8ToInt(text)
    kept <- which(!points %in% TRIMMED)
    if (!length(kept)) return(integer(0))
    points <- points[min(kept):max(kept)]
    if (length(points) <= longest) {
      small <- ifelse(points %in% SMALL, points + 32, ifelse(points == 8490, 107, points))
      if (intToUtf8(points) %in% column$missing || intToUtf8(small) %in% signs) return(integer(0))
    }
    points
  })
  structure(rep(NaN, length(values)), points = points)
}

points_of <- function(registers, place) attr(column(registers, place), "points")

text_step <- function(s, r, a, n) {
  known <- known_grams(s, a)
  width <- s[3]
  totals <- matrix(0, n, width)
  if (s[4] >= 0) totals[] <- unlist(block(r, s[4], width))
  points <- points_of(r, s[2])
  for (first in seq(1, by = TEXTS_AT_ONCE, length.out = ceiling(n / TEXTS_AT_ONCE))) {
    rows <- first:min(first + TEXTS_AT_ONCE - 1, n)
    seen <- lapply(points[rows], head, s[5])
    totals[rows, ] <- add_grams(known, totals[rows, , drop = FALSE], counted_grams(known, seen, s[6]))
  }
  lapply(seq_len(width), function(k) float32(totals[, k] + known$offsets[k]))
}

known_grams <- function(s, a) {
  lists <- attr(a, "texts")
  words <- lists[[s[7] + 1]]
  pairs <- array(a, s[8])
  runs <- lapply(lists[[s[9] + 1]], utf8ToInt)
  alphabet <- unique(c(32L, unlist(runs)))
  base <- length(alphabet) + 1
  keys <- vapply(runs, function(run) sum(match(run, alphabet) * base^(length(run) - seq_along(run))), 0)
  list(
    words = words, pairs = pairs, runs = keys, sizes = lengths(runs), alphabet = alphabet,
    first_run = length(words) + length(pairs), idf = float32(array(a, s[10])), damped = array(a, s[11]),
    lower = matrix(array(a, s[12]), 2), letters = matrix(array(a, s[13]), 2), cased = matrix(array(a, s[14]), 2),
    passed = matrix(array(a, s[15]), 2), weights = matrix(float32(array(a, s[16])), ncol = s[3], byrow = TRUE),
    offsets = float32(array(a, s[17]))
  )
}

is_in <- function(ranges, points) {
  place <- findInterval(points, ranges[1, ])
  place > 0 & points <= c(0, ranges[2, ])[place + 1]
}

# Small letters, single blanks and none at the ends: the points of all texts, and the row of each.
clean_points <- function(known, seen) {
  point <- as.numeric(unlist(seen))
  row <- rep(seq_along(seen), lengths(seen))
  place <- match(point, known$lower[1, ])
  small <- ifelse(is.na(place), point, known$lower[2, place])
  for (at in which(point == 931 & small != point)) if (is_last_sigma(known, point, row, at)) small[at] <- 962
  size <- length(point)
  space <- point %in% SPACES
  before <- cumsum(!space)
  begun <- before > c(0, before)[match(row, row)] # whether there is a character before that is no space
  followed <- c(!space[-1] & row[-1] == row[-size], FALSE)[seq_len(size)]
  small[space] <- 32
  kept <- which(!space | (begun & followed))
  small <- small[kept]
  row <- row[kept]
  times <- 1 + (small == 304) # a capital i with a dot is an i and a dot above
  dotted <- which(small == 304)
  small[dotted] <- 105
  behind <- dotted + seq_along(dotted)
  small <- rep(small, times)
  small[behind] <- 775
  list(point = small, row = rep(row, times))
}

is_last_sigma <- function(known, point, row, at) {
  inside <- which(row == row[at])
  own <- point[inside]
  at <- at - inside[1] + 1
  before <- at - 1
  while (before >= 1 && is_in(known$passed, own[before])) before <- before - 1
  after <- at + 1
  while (after <= length(own) && is_in(known$passed, own[after])) after <- after + 1
  before >= 1 && is_in(known$cased, own[before]) && !(after <= length(own) && is_in(known$cased, own[after]))
}

# Rows, n-grams (from 0) and how often each is met, by row and n-gram in ascending order.
counted_grams <- function(known, seen, near) {
  cleaned <- clean_points(known, seen)
  point <- cleaned$point
  row <- cleaned$row
  size <- length(point)
  letter <- is_in(known$letters, point)
  follows <- c(FALSE, letter[-size] & row[-1] == row[-size])[seq_len(size)]
  begins <- letter & !follows
  spelled <- vapply(split(point[letter], cumsum(begins)[letter]), intToUtf8, "")
  word <- match(spelled, known$words) - 1
  word_row <- row[begins]
  count <- length(word)
  beside <- which(word_row[-1] == word_row[-count])
  pair <- match(word[beside] * length(known$words) + word[beside + 1], known$pairs, incomparables = NA)
  grams <- c(word, pair + length(known$words) - 1)
  rows <- c(word_row, word_row[beside])
  if (length(known$runs)) {
    place <- seq_along(row) - match(row, row) + 1
    head <- place <= near
    every <- seq_along(seen)
    # a blank before and after each text, and a stop that is in no run
    order <- order(c(row[head], every, every, every), c(place[head], every * 0, every * 0 + near + 1, every * 0 + near + 2))
    spaced <- c(point[head], every * 0 + 32, every * 0 + 32, every * 0 - 1)[order]
    spaced_row <- c(row[head], every, every, every)[order]
    code <- match(spaced, known$alphabet)
    key <- code
    for (size in 2:4) {
      last <- length(key) - 1
      if (last < 1) break
      key <- key[seq_len(last)] * (length(known$alphabet) + 1) + code[size - 1 + seq_len(last)]
      of_size <- which(known$sizes == size)
      found <- of_size[match(key, known$runs[of_size], incomparables = NA)]
      met <- which(!is.na(found))
      grams <- c(grams, known$first_run + found[met] - 1)
      rows <- c(rows, spaced_row[met])
    }
  }
  told <- !is.na(grams)
  all <- length(known$idf) + 1
  keys <- sort(rows[told] * all + grams[told])
  first <- which(!duplicated(keys))
  list(row = keys[first] %/% all, gram = keys[first] %% all, times = diff(c(first, length(keys) + 1)))
}

# Adds the weights of n-grams to each row's totals in the order of the n-grams, in numbers of 32 bits.
add_grams <- function(known, totals, found) {
  value <- float32(known$damped[pmin(found$times, length(known$damped) - 1) + 1] * known$idf[found$gram + 1])
  square <- float32(value * value)
  kind <- 1 + (found$gram >= known$first_run)
  sums <- matrix(0, nrow(totals), 2)
  turn <- split(seq_along(value), seq_along(value) - match(found$row, found$row) + 1)
  for (at in turn) {
    where <- cbind(found$row[at], kind[at])
    sums[where] <- sums[where] + square[at]
  }
  ends <- matrix(float32(sqrt(sums)), ncol = 2)
  share <- float32(value / ends[cbind(found$row, kind)])
  for (at in turn) {
    rows <- found$row[at]
    products <- float32(share[at] * known$weights[found$gram[at] + 1, , drop = FALSE])
    totals[rows, ] <- float32(totals[rows, , drop = FALSE] + products)
  }
  totals
}

shape_step <- function(s, r, a, n) {
  points <- points_of(r, s[2])
  counts <- vapply(points, function(own) {
    seen <- head(own, s[3])
    capitals <- sum(seen >= 65 & seen <= 90)
    digits <- sum(seen >= 48 & seen <= 57)
    signs <- sum(seen > 32 & seen < 128) - capitals - digits - sum(seen >= 97 & seen <= 122)
    c(length(own), sum(own == 32), capitals, digits, signs, max(length(seen), 1))
  }, numeric(6))
  counts <- matrix(counts, 6)
  list(whole_logarithms(counts[1, ] + 1), whole_logarithms(counts[2, ] + 2), counts[3, ] / counts[6, ],
       counts[4, ] / counts[6, ], counts[5, ] / counts[6, ])
}

# Logarithms of whole numbers by sums and products alone.
whole_logarithms <- function(numbers) {
  left <- numbers
  power <- 0 * numbers
  while (any(left >= 1.5)) {
    large <- left >= 1.5
    left[large] <- left[large] / 2
    power[large] <- power[large] + 1
  }
  s <- (left - 1) / (left + 1)
  square <- s * s
  total <- 0 * s
  for (i in 12:0) total <- total * square + 1 / (2 * i + 1)
  power * 0.6931471805599453 + 2 * s * total
}
