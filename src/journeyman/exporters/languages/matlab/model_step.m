function w = model_step(operation, s, r, a)
%MODEL_STEP Steps that hold models of many parts: trees, neighbours, and the rows that training met.
  switch operation
    case 'trees'
      x = r(:, a{s(2) + 1} + 1);
      if any(a{s(6) + 1} >= 16)
        x = double(single(x));
      end
      x(abs(x) <= 1.0000000180025095e-35) = 0;
      t = named(a(s(4:12) + 1), {'feature', 'threshold', 'flags', 'left', 'right', 'leaves', 'roots', 'starts', 'bits'});
      t.missing = mod(t.flags, 4);
      t.goes_left = mod(floor(t.flags / 4), 2) == 1;
      t.category = mod(floor(t.flags / 8), 2) == 1;
      w = by_pieces(@(part) tree_scores(part, t, s(3)), x, numel(t.roots), s(3));
    case 'forest'
      x = double(single(r(:, a{s(2) + 1} + 1)));
      t = named(a(s(4:10) + 1), {'feature', 'threshold', 'left', 'right', 'leaf', 'answers', 'roots'});
      w = by_pieces(@(part) forest_scores(part, t, s(3)), x, numel(t.roots), s(3));
    case 'symmetric'
      x = symmetric_inputs(r(:, a{s(2) + 1} + 1), a(s(4:7) + 1));
      t = named(a(s(9:12) + 1), {'input', 'border', 'leaves', 'bias'});
      w = by_pieces(@(part) symmetric_scores(part, t, s(3), s(8)), x, numel(t.input), s(3));
    case 'neighbours'
      w = neighbours(r(:, a{s(2) + 1} + 1), named(a(s(4:9) + 1), ...
          {'columns', 'scale', 'rows', 'answers', 'copies', 'prior'}), s);
    case 'known'
      w = known(r(:, s(2) + (1:s(3))), r(:, a{s(5) + 1} + 1), a(s(6:8) + 1), s(4));
  end
end

function t = named(lists, names)
  t = cell2struct(reshape(lists, [], 1), names, 1);
end

function w = by_pieces(scores, x, width, outputs)
  % rows a piece at a time, so that rows times trees stay below a million cells
  rows = size(x, 1);
  step = max(1, floor(1e6 / max(width, 1)));
  w = zeros(rows, outputs);
  for first = 1:step:rows
    last = min(first + step - 1, rows);
    w(first:last, :) = scores(x(first:last, :));
  end
end

function w = tree_scores(x, t, outputs)
  rows = size(x, 1);
  trees = numel(t.roots);
  row = repmat((1:rows)', trees, 1);
  place = reshape(repmat(t.roots, rows, 1), [], 1);
  active = find(place >= 0);
  pick = @(list, at) reshape(list(at), [], 1);
  while ~isempty(active)
    node = place(active) + 1;
    value = pick(x, row(active) + rows * pick(t.feature, node));
    threshold = pick(t.threshold, node);
    missing = pick(t.missing, node);
    absent = isnan(value);
    number = value;
    number(absent & missing ~= 2) = 0;
    lost = (missing == 1 & number == 0) | (missing == 2 & absent);
    left = number <= threshold;
    default = pick(t.goes_left, node);
    left(lost) = default(lost);
    asked = pick(t.category, node);
    if any(asked)
      left(asked) = in_set(value(asked), threshold(asked), t.starts, t.bits);
    end
    next = pick(t.right, node);
    lefts = pick(t.left, node);
    next(left) = lefts(left);
    place(active) = next;
    active = active(next >= 0);
  end
  leaf = reshape(t.leaves(-place), rows, trees);
  w = zeros(rows, outputs);
  for i = 1:trees
    k = mod(i - 1, outputs) + 1;
    w(:, k) = w(:, k) + leaf(:, i);
  end
end

function inside = in_set(value, set, starts, bits)
  value = fix(value);
  good = value >= 0 & value < 2147483648; % NaN is not
  value(~good) = 0;
  word = reshape(starts(set + 1), [], 1) + floor(value / 32);
  good = good & word < reshape(starts(set + 2), [], 1);
  word(~good) = 0;
  inside = good & mod(floor(reshape(bits(word + 1), [], 1) ./ 2 .^ mod(value, 32)), 2) == 1;
end

function w = forest_scores(x, t, outputs)
  rows = size(x, 1);
  trees = numel(t.roots);
  row = repmat((1:rows)', trees, 1);
  place = reshape(repmat(t.roots, rows, 1), [], 1);
  pick = @(list, at) reshape(list(at), [], 1);
  active = find(pick(t.left, place + 1) ~= place);
  while ~isempty(active)
    node = place(active) + 1;
    right = pick(x, row(active) + rows * pick(t.feature, node)) > pick(t.threshold, node); % NaN is not
    next = pick(t.left, node);
    rights = pick(t.right, node);
    next(right) = rights(right);
    place(active) = next;
    active = active(pick(t.left, next + 1) ~= next);
  end
  leaf = reshape(t.leaf(place + 1), rows, trees);
  answers = reshape(t.answers, outputs, [])';
  w = answers(leaf(:, 1) + 1, :);
  for i = 2:trees
    w = w + answers(leaf(:, i) + 1, :);
  end
  w = w / trees;
end

function x = symmetric_inputs(features, lists)
  [numbers, coded, starts, tables] = lists{:};
  x = double(single(features(:, numbers + 1)));
  for i = 1:numel(coded)
    code = features(:, coded(i) + 1);
    code(isnan(code)) = -1;
    place = starts(i) + min(code + 1, starts(i + 1) - starts(i) - 1);
    x(:, end + 1) = reshape(tables(place + 1), [], 1); %#ok<AGROW>
  end
end

function w = symmetric_scores(x, t, outputs, depth)
  rows = size(x, 1);
  leaves = reshape(t.leaves, outputs, [])';
  trees = size(leaves, 1) / 2 ^ depth;
  leaf = zeros(rows, trees);
  for d = 1:depth
    asked = (0:trees - 1) * depth + d;
    leaf = leaf + (x(:, t.input(asked) + 1) > t.border(asked)) * 2 ^ (d - 1);
  end
  w = repmat(t.bias, rows, 1);
  for i = 1:trees
    w = w + leaves((i - 1) * 2 ^ depth + leaf(:, i) + 1, :);
  end
end

function w = neighbours(x, t, s)
  outputs = s(3);
  number = s(10);
  rows = reshape(t.rows, numel(t.columns), [])';
  answers = reshape(t.answers, outputs, [])';
  known = size(rows, 1);
  w = zeros(size(x, 1), outputs);
  for i = 1:size(x, 1)
    squares = zeros(known, 1);
    for j = 1:numel(t.columns)
      apart = rows(:, j) - x(i, t.columns(j) + 1) * t.scale(j);
      squares = squares + apart .* apart;
    end
    [distance, order] = sort(sqrt(squares));
    reach = distance(min(number + 1, known));
    count = min(number, known);
    nearest = order(1:count);
    weight = reshape(t.copies(nearest), [], 1);
    if s(11) == 1
      share = distance(1:count) / max(reach, 1e-12);
      weight = weight .* max(1 - share .* share, 1e-6);
    end
    total = 0;
    mean = zeros(1, outputs);
    for k = 1:count
      total = total + weight(k);
      mean = mean + weight(k) * answers(nearest(k), :);
    end
    w(i, :) = mean / total;
  end
  if s(12) == 1
    w = (w * number + t.prior) / (number + 1);
  end
end

function w = known(given, x, lists, prior)
  % marks of 64 bits as four limbs of 16 bits, the lowest first: uint64 saturates instead of going round
  rows = size(x, 1);
  sum = zeros(rows, 4);
  spacing = [hex2dec('EF95'), hex2dec('DE82'), hex2dec('2543'), hex2dec('D134')];
  for i = 1:size(x, 2)
    word = carried(bits_of(x(:, i)) + product(spacing, [i, 0, 0, 0]));
    sum = carried(sum + mixed(word));
  end
  mark = mixed(sum);
  low = mark(:, 1) + 65536 * mark(:, 2);
  high = mark(:, 3) + 65536 * mark(:, 4);
  w = given;
  [all_high, all_low, labels] = lists{:};
  near = find(ismember(all_high, high));
  for i = reshape(find(ismember(high, all_high(near))), 1, [])
    met = labels(near(all_high(near) == high(i) & all_low(near) == low(i)));
    if isempty(met)
      continue
    end
    for k = 1:size(w, 2)
      if size(w, 2) == 1
        count = 0;
        for label = met
          count = count + label;
        end
      else
        count = nnz(met == k - 1);
      end
      w(i, k) = (count + prior * w(i, k)) / (numel(met) + prior);
    end
  end
end

function limbs = bits_of(x)
  absent = isnan(x);
  x(x == 0) = 0;
  limbs = reshape(double(typecast(x, 'uint16')), 4, [])';
  [~, ~, order] = computer();
  if order == 'B'
    limbs = fliplr(limbs);
  end
  limbs(absent, :) = repmat([0, 0, 0, hex2dec('7FF8')], nnz(absent), 1);
end

function limbs = carried(limbs)
  for k = 1:3
    limbs(:, k + 1) = limbs(:, k + 1) + floor(limbs(:, k) / 65536);
  end
  limbs = mod(limbs, 65536);
end

function limbs = product(a, b)
  limbs = zeros(max(size(a, 1), size(b, 1)), 4);
  for i = 1:4
    for j = 1:5 - i
      limbs(:, i + j - 1) = limbs(:, i + j - 1) + a(:, i) .* b(:, j);
    end
  end
  limbs = carried(limbs);
end

function w = mixed(w)
  w = product(shifted_in(w, 14), [hex2dec('E5B9'), hex2dec('1CE4'), hex2dec('476D'), hex2dec('BF58')]);
  w = product(shifted_in(w, 11), [hex2dec('11EB'), hex2dec('1331'), hex2dec('49BB'), hex2dec('94D0')]);
  w = shifted_in(w, 15);
end

function w = shifted_in(w, bits)
  % w xor (w shifted down by 16 + bits places)
  above = [w(:, 3:4), zeros(size(w, 1), 1)];
  moved = floor(w(:, 2:4) / 2 ^ bits) + mod(above, 2 ^ bits) * 2 ^ (16 - bits);
  w(:, 1:3) = double(bitxor(uint16(w(:, 1:3)), uint16(moved)));
end
