# The steps that hold models of many parts: trees, neighbours, nets, and the rows that training met.

NEARLY_ZERO <- 1.0000000180025095e-35
CELLS <- 1e6 # rows times trees that are walked at once: some tens of megabytes

matrix_of <- function(registers, places, rows) {
  if (!length(places)) return(matrix(0, rows, 0))
  do.call(cbind, registers[places + 1])
}

# Rows a piece at a time, each piece at most CELLS cells; the answers are put together again.
by_pieces <- function(x, width, answer) {
  rows <- nrow(x)
  size <- max(1, floor(CELLS / max(width, 1)))
  if (rows <= size) return(answer(x))
  pieces <- lapply(seq(1, rows, by = size), function(first) {
    answer(x[first:min(first + size - 1, rows), , drop = FALSE])
  })
  do.call(Map, c(list(c), pieces))
}

trees_step <- function(s, r, a, n) {
  outputs <- s[3]
  lists <- lapply(s[4:12], function(place) array(a, place))
  names(lists) <- c("feature", "threshold", "flags", "left", "right", "leaves", "roots", "starts", "bits")
  lists$missing <- lists$flags %% 4
  lists$goes_left <- floor(lists$flags / 4) %% 2 == 1
  lists$category <- floor(lists$flags / 8) %% 2 == 1
  x <- matrix_of(r, array(a, s[2]), n)
  if (any(lists$flags >= 16)) x <- matrix(float32(x), n)
  x[abs(x) <= NEARLY_ZERO] <- 0
  by_pieces(x, length(lists$roots), function(part) tree_scores(part, lists, outputs))
}

tree_scores <- function(x, t, outputs) {
  rows <- nrow(x)
  trees <- length(t$roots)
  row <- rep(seq_len(rows), trees)
  place <- rep(t$roots, each = rows)
  active <- which(place >= 0)
  while (length(active)) {
    node <- place[active] + 1
    value <- x[row[active] + rows * t$feature[node]]
    threshold <- t$threshold[node]
    absent <- is.nan(value)
    numeric <- value
    numeric[absent & t$missing[node] != 2] <- 0
    lost <- (t$missing[node] == 1 & numeric == 0) | (t$missing[node] == 2 & absent)
    left <- numeric <= threshold
    left[lost] <- t$goes_left[node][lost]
    asked <- which(t$category[node])
    if (length(asked)) left[asked] <- in_set(value[asked], threshold[asked], t$starts, t$bits)
    place[active] <- ifelse(left, t$left[node], t$right[node])
    active <- active[place[active] >= 0]
  }
  leaf <- t$leaves[-place]
  scores <- rep(list(rep(0, rows)), outputs)
  for (i in seq_len(trees)) {
    k <- (i - 1) %% outputs + 1
    scores[[k]] <- scores[[k]] + leaf[(i - 1) * rows + seq_len(rows)]
  }
  scores
}

in_set <- function(value, set, starts, bits) {
  value <- trunc(value)
  good <- !is.nan(value) & value >= 0 & value < 2147483648
  value[!good] <- 0
  word <- starts[set + 1] + floor(value / 32)
  good <- good & word < starts[set + 2]
  word[!good] <- 0
  good & floor(bits[word + 1] / 2^(value %% 32)) %% 2 == 1
}

forest_step <- function(s, r, a, n) {
  outputs <- s[3]
  lists <- lapply(s[4:10], function(place) array(a, place))
  names(lists) <- c("feature", "threshold", "left", "right", "leaf", "answers", "roots")
  x <- matrix_of(r, array(a, s[2]), n)
  x <- matrix(float32(x), n)
  by_pieces(x, length(lists$roots), function(part) forest_scores(part, lists, outputs))
}

forest_scores <- function(x, t, outputs) {
  rows <- nrow(x)
  trees <- length(t$roots)
  row <- rep(seq_len(rows), trees)
  place <- rep(t$roots, each = rows)
  active <- which(t$left[place + 1] != place)
  while (length(active)) {
    node <- place[active] + 1
    value <- x[row[active] + rows * t$feature[node]]
    right <- value > t$threshold[node]
    right[is.nan(value)] <- FALSE
    place[active] <- ifelse(right, t$right[node], t$left[node])
    active <- active[t$left[place[active] + 1] != place[active]]
  }
  leaf <- t$leaf[place + 1] * outputs
  lapply(seq_len(outputs), function(k) {
    total <- t$answers[leaf[seq_len(rows)] + k]
    for (i in seq_len(trees)[-1]) total <- total + t$answers[leaf[(i - 1) * rows + seq_len(rows)] + k]
    total / trees
  })
}

symmetric_step <- function(s, r, a, n) {
  outputs <- s[3]
  depth <- s[8]
  x <- matrix_of(r, array(a, s[2]), n)
  coded <- array(a, s[5])
  starts <- array(a, s[6])
  tables <- array(a, s[7])
  inputs <- matrix(float32(x[, array(a, s[4]) + 1]), n)
  from_tables <- lapply(seq_along(coded), function(i) {
    code <- x[, coded[i] + 1]
    code[is.nan(code)] <- -1
    tables[starts[i] + pmin(code + 1, starts[i + 1] - starts[i] - 1) + 1]
  })
  inputs <- do.call(cbind, c(list(inputs), from_tables))
  lists <- list(input = array(a, s[9]), border = array(a, s[10]), leaves = array(a, s[11]), bias = array(a, s[12]))
  trees <- if (depth > 0) length(lists$input) / depth else length(lists$leaves) / outputs
  by_pieces(inputs, length(lists$input), function(part) symmetric_scores(part, lists, outputs, depth, trees))
}

symmetric_scores <- function(x, t, outputs, depth, trees) {
  rows <- nrow(x)
  leaf <- matrix(0, rows, trees)
  for (d in seq_len(depth)) {
    asked <- (seq_len(trees) - 1) * depth + d
    value <- x[, t$input[asked] + 1, drop = FALSE]
    above <- value > rep(t$border[asked], each = rows)
    above[is.nan(value)] <- FALSE
    leaf <- leaf + above * 2^(d - 1)
  }
  lapply(seq_len(outputs), function(k) {
    total <- rep(t$bias[k], rows)
    for (i in seq_len(trees)) total <- total + t$leaves[((i - 1) * 2^depth + leaf[, i]) * outputs + k]
    total
  })
}

neighbours_step <- function(s, r, a, n) {
  lists <- lapply(s[4:9], function(place) array(a, place))
  names(lists) <- c("columns", "scale", "rows", "answers", "copies", "prior")
  outputs <- s[3]
  number <- s[10]
  x <- matrix_of(r, array(a, s[2]), n)
  width <- length(lists$columns)
  known <- length(lists$copies)
  answers <- matrix(lists$answers, ncol = outputs, byrow = TRUE)
  written <- matrix(0, n, outputs)
  for (i in seq_len(n)) {
    squares <- rep(0, known)
    for (j in seq_len(width)) {
      apart <- lists$rows[(seq_len(known) - 1) * width + j] - x[i, lists$columns[j] + 1] * lists$scale[j]
      squares <- squares + apart * apart
    }
    distance <- sqrt(squares)
    nearest <- order(distance)[seq_len(min(number + 1, known))]
    reach <- distance[nearest[length(nearest)]]
    nearest <- nearest[seq_len(min(number, known))]
    weight <- lists$copies[nearest]
    if (s[11] == 1) {
      share <- distance[nearest] / max(reach, 1e-12)
      weight <- weight * pmax(1 - share * share, 1e-6)
    }
    for (k in seq_len(outputs)) {
      mean <- Reduce(`+`, weight * answers[nearest, k]) / Reduce(`+`, weight)
      written[i, k] <- if (s[12] == 1) (mean * number + lists$prior[k]) / (number + 1) else mean
    }
  }
  lapply(seq_len(outputs), function(k) written[, k])
}

squash_step <- function(s, r, a, n) {
  places <- array(a, s[2])
  center <- array(a, s[3])
  scale <- array(a, s[4])
  lapply(seq_along(places), function(i) {
    z <- (column(r, places[i]) - center[i]) * scale[i]
    z / sqrt(1 + (z / 3) * (z / 3))
  })
}

waves_step <- function(s, r, a, n) {
  waves <- s[4]
  mixtures <- s[5]
  lists <- lapply(s[6:9], function(place) array(a, place))
  written <- list()
  for (i in seq_len(s[3]) - 1) {
    x <- column(r, s[2] + i)
    at <- i * waves + seq_len(waves)
    turns <- lapply(at, function(w) cos(x * lists[[1]][w] + lists[[2]][w]))
    for (m in seq_len(mixtures)) {
      terms <- lapply(seq_len(waves), function(w) turns[[w]] * lists[[3]][(at[w] - 1) * mixtures + m])
      written[[length(written) + 1]] <- added(terms, n) + lists[[4]][i * mixtures + m]
    }
  }
  written
}

bend_step <- function(s, r, a, n) {
  slopes <- array(a, s[5])
  lapply(seq_len(s[3]), function(i) {
    z <- column(r, s[2] + i - 1)
    if (s[4] == 0) {
      bent <- 1.0507009873554805 * (pmax(z, 0) + 1.6732632423543772 * expm1(pmin(z, 0)))
    } else {
      e <- exp(pmin(z, 20))
      bent <- z * (e * (e + 2) / (e * (e + 2) + 2))
    }
    z + slopes[i] * (bent - z)
  })
}

# Rows that training met, by marks of 64 bits: four limbs of 16 bits, the lowest first, since R has no such numbers.
known_step <- function(s, r, a, n) {
  given <- block(r, s[2], s[3])
  sum <- limbs_of(rep(0, n), rep(0, n))
  places <- array(a, s[5])
  for (i in seq_along(places)) {
    sum <- limb_sum(sum, mixed(limb_sum(bits_of(column(r, places[i])), limb_product(SPACING, limbs_of(i, 0)))))
  }
  mark <- mixed(sum)
  low <- mark[[1]] + 65536 * mark[[2]]
  high <- mark[[3]] + 65536 * mark[[4]]
  all_high <- array(a, s[6])
  all_low <- array(a, s[7])
  labels <- array(a, s[8])
  near <- which(all_high %in% high)
  found <- split(near, paste(all_high[near], all_low[near]))
  own <- match(paste(high, low), names(found))
  for (i in which(!is.na(own))) {
    met <- labels[found[[own[i]]]]
    for (k in seq_len(s[3])) {
      count <- if (s[3] == 1) Reduce(`+`, met) else sum(met == k - 1)
      given[[k]][i] <- (count + s[4] * given[[k]][i]) / (length(met) + s[4])
    }
  }
  given
}

limbs_of <- function(low, high) list(low %% 65536, floor(low / 65536), high %% 65536, floor(high / 65536))

bits_of <- function(x) {
  x[is.nan(x)] <- NaN
  x[x == 0] <- 0
  parts <- readBin(writeBin(x, raw(), size = 8, endian = "little"), "integer", 4 * length(x), 2, signed = FALSE,
                   endian = "little")
  limbs <- lapply(1:4, function(k) as.numeric(parts[seq(k, by = 4, length.out = length(x))]))
  limbs[[4]][is.nan(x)] <- 0x7ff8
  for (k in 1:3) limbs[[k]][is.nan(x)] <- 0
  limbs
}

carried <- function(limbs) {
  for (k in 1:3) {
    limbs[[k + 1]] <- limbs[[k + 1]] + floor(limbs[[k]] / 65536)
    limbs[[k]] <- limbs[[k]] %% 65536
  }
  limbs[[4]] <- limbs[[4]] %% 65536
  limbs
}

limb_sum <- function(a, b) carried(Map(`+`, a, b))

limb_product <- function(a, b) {
  limbs <- list(0, 0, 0, 0)
  for (i in 1:4) for (j in seq_len(5 - i)) limbs[[i + j - 1]] <- limbs[[i + j - 1]] + a[[i]] * b[[j]]
  carried(limbs)
}

# w ^ (w >> (16 + bits)), for 0 < bits < 16
shifted_in <- function(w, bits) {
  moved <- lapply(2:4, function(k) {
    above <- if (k < 4) w[[k + 1]] else 0
    floor(w[[k]] / 2^bits) + (above %% 2^bits) * 2^(16 - bits)
  })
  c(Map(function(x, y) as.numeric(bitwXor(as.integer(x), as.integer(y))), w[1:3], moved), w[4])
}

SPACING <- limbs_of(0xDE82EF95, 0xD1342543)
FIRST_FACTOR <- limbs_of(0x1CE4E5B9, 0xBF58476D)
SECOND_FACTOR <- limbs_of(0x133111EB, 0x94D049BB)

mixed <- function(w) {
  w <- limb_product(shifted_in(w, 14), FIRST_FACTOR)
  w <- limb_product(shifted_in(w, 11), SECOND_FACTOR)
  shifted_in(w, 15)
}
