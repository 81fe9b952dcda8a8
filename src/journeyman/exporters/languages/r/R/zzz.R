# The operations of the scoring plan by their names. This file is read last.
operations <- list(
  plain = plain_step, fill = fill_step, code = code_step, onehot = onehot_step, table = table_step,
  calendar = calendar_step, gaps = gaps_step, slot = slot_step, bin = bin_step, cell = cell_step, weigh = weigh_step,
  product = product_step, ratio = ratio_step, text = text_step, shape = shape_step, constant = constant_step,
  lines = lines_step, trees = trees_step, forest = forest_step, symmetric = symmetric_step, neighbours = neighbours_step, squash = squash_step,
  waves = waves_step, embed = embed_step, dense = lines_step, bend = bend_step, copy = copy_step,
  logistic = logistic_step, share = share_step, softmax = softmax_step, above = above_step, clip = clip_step,
  affine = affine_step, divide = divide_step, add = add_step, ordered = ordered_step, mean = mean_step,
  temper = temper_step, unscale = unscale_step, correct = correct_step, known = known_step, spread = spread_step,
  factor = factor_step, size = size_step, interval = interval_step
)
