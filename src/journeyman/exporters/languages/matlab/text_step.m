function w = text_step(operation, s, r, a, texts, points)
%TEXT_STEP A step of a scoring plan that reads free texts, on all rows at once.
%   S are the step's arguments, R the registers, A the arrays, TEXTS the lists of texts, POINTS the code points of the
%   column's text in each row. W is as RUN_STEP returns it.
  switch operation
    case 'text'
      w = sums(s, r, a, texts, points);
    case 'shape'
      w = shape(s, points);
    otherwise
      error('journeyman:plan', 'the operation "%s" reads no texts', operation);
  end
end

function w = sums(s, r, a, texts, points)
  known = known_grams(s, a, texts);
  n = numel(points);
  totals = zeros(n, s(3), 'single');
  if s(4) >= 0
    totals = single(r(:, s(4) + (1:s(3))));
  end
  most = 500; % rows at once, so that memory stays small
  for first = 1:most:n
    rows = first:min(first + most - 1, n);
    seen = cellfun(@(own) own(1:min(end, s(5))), points(rows), 'UniformOutput', false);
    totals(rows, :) = add_grams(known, totals(rows, :), counted_grams(known, seen, s(6)));
  end
  w = double(totals + known.offsets);
end

function known = known_grams(s, a, texts)
  of = @(place) a{s(place) + 1};
  words = decoded(texts{s(7) + 1});
  runs = decoded(texts{s(9) + 1});
  known.words = numel(words);
  known.pairs = of(8);
  known.first_run = numel(words) + numel(known.pairs);
  known.idf = single(of(10));
  known.damped = of(11);
  known.small = 0:1114111;
  lower = of(12);
  known.small(lower(1:2:end) + 1) = lower(2:2:end);
  known.letters = in_ranges(of(13));
  known.cased = in_ranges(of(14));
  known.passed = in_ranges(of(15));
  known.weights = reshape(single(of(16)), s(3), [])';
  known.offsets = single(of(17));
  known.alphabet = unique([32, runs{:}]);
  known.base = numel(known.alphabet) + 1;
  known.run_sizes = cellfun(@numel, runs);
  known.runs = zeros(1, numel(runs));
  for size = 2:4
    of_size = known.run_sizes == size;
    if any(of_size)
      [~, code] = ismember(vertcat(runs{of_size}), known.alphabet);
      known.runs(of_size) = (code * known.base .^ (size - 1:-1:0)')';
    end
  end
  % words as a tree: each level knows the states of the one before with a further character
  known.signs = unique([0, words{:}]);
  known.levels = {};
  known.ends = {};
  state = zeros(1, numel(words));
  for level = 1:max([cellfun(@numel, words), 0])
    longer = find(cellfun(@numel, words) >= level);
    [~, code] = ismember(cellfun(@(word) word(level), words(longer)), known.signs);
    [keys, ~, state(longer)] = unique(state(longer) * numel(known.signs) + code - 1);
    known.levels{level} = keys;
    ending = find(cellfun(@numel, words) == level);
    known.ends{level} = zeros(1, numel(keys));
    known.ends{level}(state(ending)) = ending;
  end
end

function inside = in_ranges(ranges)
  change = zeros(1, 1114114);
  change(ranges(1:2:end) + 1) = 1;
  change(ranges(2:2:end) + 2) = change(ranges(2:2:end) + 2) - 1;
  inside = cumsum(change(1:1114112)) > 0;
end

function lists = decoded(texts)
  lists = cellfun(@(text) PACKAGE.code_points(text), reshape(texts, 1, []), 'UniformOutput', false);
end

% Small letters, single blanks and none at the ends: the points of all texts, the row and the place of each.
function [point, row, place] = cleaned(known, seen)
  point = [seen{:}];
  sizes = cellfun(@numel, seen);
  row = repelem(1:numel(seen), sizes(:)');
  small = known.small(point + 1);
  for at = find(point == 931 & small ~= point)
    if is_last_sigma(known, point, row, at)
      small(at) = 962;
    end
  end
  space = ismember(point, [9:13, 28:32, 133, 160, 5760, 8192:8202, 8232, 8233, 8239, 8287, 12288]);
  before = cumsum(~space);
  starts = [0, cumsum(sizes(:)')];
  counts = [0, before];
  begun = before > counts(starts(row) + 1); % whether there is a character before that is no space
  followed = [~space(2:end) & row(2:end) == row(1:end - 1), false(1, min(1, numel(row)))];
  small(space) = 32;
  kept = ~space | (begun & followed);
  small = small(kept);
  row = row(kept);
  times = 1 + (small == 304); % a capital i with a dot is an i and a dot above
  dotted = find(small == 304);
  small(dotted) = 105;
  point = repelem(small, times);
  row = repelem(row, times);
  point(dotted + (1:numel(dotted))) = 775;
  place = places_in(row);
end

% The place of each value among equal neighbours.
function place = places_in(row)
  first = [true(1, min(1, numel(row))), row(2:end) ~= row(1:end - 1)];
  starts = find(first);
  place = (1:numel(row)) - starts(cumsum(first)) + 1;
end

function yes = is_last_sigma(known, point, row, at)
  own = point(row == row(at));
  at = at - find(row == row(at), 1) + 1;
  before = at - 1;
  while before >= 1 && known.passed(own(before) + 1)
    before = before - 1;
  end
  after = at + 1;
  while after <= numel(own) && known.passed(own(after) + 1)
    after = after + 1;
  end
  yes = before >= 1 && known.cased(own(before) + 1) && ~(after <= numel(own) && known.cased(own(after) + 1));
end

% Rows, n-grams (from 0) and how often each is met, by row and n-gram in ascending order.
function found = counted_grams(known, seen, near)
  [point, row, place] = cleaned(known, seen);
  letter = known.letters(point + 1);
  begins = letter & ~[false(1, min(1, numel(row))), letter(1:end - 1) & row(1:end - 1) == row(2:end)];
  number = cumsum(begins);
  words = find_words(known, point(letter), number(letter));
  word_row = row(begins);
  beside = find(word_row(1:end - 1) == word_row(2:end) & words(1:end - 1) >= 0 & words(2:end) >= 0);
  [paired, pair] = ismember(words(beside) * known.words + words(beside + 1), known.pairs);
  grams = [words(words >= 0), known.words + pair(paired) - 1];
  rows = [word_row(words >= 0), word_row(beside(paired))];
  if ~isempty(known.runs)
    head = place <= near;
    every = 1:numel(seen);
    far = 0 * every + numel(point) + 2;
    % a blank before and after each text, and a stop that is in no run
    keys = [[row(head), every, every, every]; [place(head), 0 * every, far, far + 1]]';
    [~, order] = sortrows(keys);
    spaced = [point(head), 0 * every + 32, 0 * every + 32, 0 * every - 1];
    spaced = spaced(order);
    spaced_row = keys(order, 1)';
    [~, code] = ismember(spaced, known.alphabet);
    key = code;
    good = code > 0;
    for size = 2:4
      last = numel(key) - 1;
      key = key(1:last) * known.base + code(size:size + last - 1);
      good = good(1:last) & code(size:size + last - 1) > 0;
      of_size = find(known.run_sizes == size);
      [met, at] = ismember(key, known.runs(of_size));
      met = met & good;
      grams = [grams, known.first_run + of_size(at(met)) - 1]; %#ok<AGROW>
      rows = [rows, spaced_row(met)]; %#ok<AGROW>
    end
  end
  all = numel(known.idf) + 1;
  keys = sort(rows * all + grams);
  first = [true(1, min(1, numel(keys))), keys(2:end) ~= keys(1:end - 1)];
  found.row = floor(keys(first) / all);
  found.gram = mod(keys(first), all);
  found.times = diff([find(first), numel(keys) + 1]);
end

% The place (from 0) of each word among those that are known, -1 for others.
function words = find_words(known, point, number)
  words = -ones(1, max([number, 0]));
  if isempty(point)
    return
  end
  [~, code] = ismember(point, known.signs);
  place = places_in(number);
  sizes = accumarray(number(:), 1)';
  starts = find(place == 1);
  state = zeros(1, numel(words));
  alive = 1:numel(words);
  for level = 1:numel(known.levels)
    alive = alive(sizes(alive) >= level);
    sign = code(starts(alive) + level - 1);
    alive = alive(sign > 0);
    sign = sign(sign > 0);
    [met, at] = ismember(state(alive) * numel(known.signs) + sign - 1, known.levels{level});
    alive = alive(met);
    state(alive) = at(met);
    ending = alive(sizes(alive) == level);
    words(ending) = known.ends{level}(state(ending)) - 1;
  end
end

% Adds the weights of n-grams to each row's totals in the order of the n-grams, in numbers of 32 bits.
function totals = add_grams(known, totals, found)
  n = size(totals, 1);
  damped = known.damped(min(found.times, numel(known.damped) - 1) + 1);
  value = single(damped .* double(known.idf(found.gram + 1)));
  square = double(value .* value);
  kind = 1 + (found.gram >= known.first_run);
  turn = places_in(found.row);
  [~, order] = sort(turn);
  ends = cumsum(accumarray([turn(:); 1], [ones(numel(turn), 1); 0]));
  lengths = zeros(n, 2);
  from = 1;
  for last = ends'
    at = order(from:last);
    where = found.row(at) + n * (kind(at) - 1);
    lengths(where) = lengths(where) + square(at);
    from = last + 1;
  end
  lengths = single(sqrt(lengths));
  share = value ./ lengths(found.row + n * (kind - 1));
  from = 1;
  for last = ends'
    at = order(from:last);
    rows = found.row(at);
    totals(rows, :) = totals(rows, :) + share(at)' .* known.weights(found.gram(at) + 1, :);
    from = last + 1;
  end
end

function w = shape(s, points)
  w = zeros(numel(points), 5);
  for i = 1:numel(points)
    seen = points{i}(1:min(end, s(3)));
    capitals = sum(seen >= 65 & seen <= 90);
    digits = sum(seen >= 48 & seen <= 57);
    signs = sum(seen > 32 & seen < 128) - capitals - digits - sum(seen >= 97 & seen <= 122);
    w(i, :) = [numel(points{i}) + 1, sum(points{i} == 32) + 2, [capitals, digits, signs] / max(numel(seen), 1)];
  end
  w(:, 1:2) = logarithms(w(:, 1:2));
end

% Logarithms of whole numbers by sums and products alone.
function result = logarithms(numbers)
  [left, power] = log2(numbers);
  low = left < 0.75;
  left(low) = 2 * left(low);
  power(low) = power(low) - 1;
  s = (left - 1) ./ (left + 1);
  square = s .* s;
  total = zeros(size(s));
  for i = 12:-1:0
    total = total .* square + 1 / (2 * i + 1);
  end
  result = power * 0.6931471805599453 + 2 * s .* total;
end
