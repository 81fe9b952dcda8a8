function w = run_step(operation, s, r, a)
%RUN_STEP One step of a scoring plan on all rows at once.
%   S are the step's arguments, R the registers (n by registers), A the arrays; W are the columns that it writes one after
%   the other, beginning with the register that the first argument names. Sums are taken column by column from left to
%   right: sum() and matrix products take another order, and then the last bits differ.
  n = size(r, 1);
  switch operation
    case 'plain'
      w = finite(r(:, s(2) + 1));
    case 'fill'
      w = fill(s, r, a);
    case 'code'
      w = r(:, a{s(2) + 1} + 1);
      w(w < 0) = NaN;
    case 'onehot'
      w = double(r(:, s(2) + 1) == (0:s(3) - 1));
    case 'table'
      w = rows_of(a{s(4) + 1}, s(3), r(:, s(2) + 1), Inf);
    case 'embed'
      w = rows_of(a{s(5) + 1}, s(4), fix(r(:, s(2) + 1)), s(3));
    case 'calendar'
      w = calendar(r(:, s(2) + 1), a{s(3) + 1}, s(4), s(5));
    case 'gaps'
      w = total([double(~isfinite(r(:, a{s(2) + 1} + 1))), double(r(:, a{s(3) + 1} + 1) < 0)]);
    case 'slot'
      w = r(:, s(2) + 1);
      w(w < 0) = s(3);
    case 'bin'
      x = r(:, s(2) + 1);
      w = zeros(n, 1);
      for edge = a{s(3) + 1}
        w = w + (edge < x | ~isfinite(x));
      end
    case 'cell'
      beside = 0;
      if s(3) >= 0
        beside = r(:, s(3) + 1);
      end
      w = reshape(a{s(6) + 1}(s(5) + s(4) * r(:, s(2) + 1) + beside + 1), n, 1);
    case 'weigh'
      w = finite(r(:, s(2) + 1) * s(4) + r(:, s(3) + 1) * s(5));
    case 'product'
      w = finite(r(:, s(2) + 1) .* r(:, s(3) + 1));
    case 'ratio'
      w = finite(r(:, s(2) + 1) ./ r(:, s(3) + 1));
    case 'constant'
      w = repmat(a{s(2) + 1}, n, 1);
    case {'lines', 'dense'}
      w = lines(r(:, a{s(2) + 1} + 1), s(3), a{s(4) + 1}, a{s(5) + 1});
    case {'trees', 'forest', 'symmetric', 'neighbours', 'known'}
      w = PACKAGE.model_step(operation, s, r, a);
    case 'squash'
      z = (r(:, a{s(2) + 1} + 1) - a{s(3) + 1}) .* a{s(4) + 1};
      w = z ./ sqrt(1 + (z / 3) .* (z / 3));
    case 'waves'
      w = waves(s, r, a);
    case 'bend'
      w = bend(of(r, s(2), s(3)), s(4), a{s(5) + 1});
    case 'copy'
      w = of(r, s(2), s(3));
    case 'logistic'
      p = logistic(r(:, s(2) + 1));
      w = [1 - p, p];
    case 'share'
      p = held(r(:, s(2) + 1), 0, 1);
      w = [1 - p, p];
    case 'softmax'
      x = of(r, s(2), s(3));
      w = through_sum(exp(x - max(x, [], 2)));
    case 'above'
      w = above(r, s, a{s(5) + 1});
    case 'clip'
      w = held(of(r, s(2), s(3)), s(4), s(5));
    case 'affine'
      w = s(4) + s(5) * of(r, s(2), s(3));
    case 'divide'
      w = of(r, s(2), s(3)) / s(4);
    case 'add'
      w = of(r, s(2), s(4)) + of(r, s(3), s(4));
    case 'ordered'
      w = zeros(n, s(3));
      w(:, a{s(4) + 1} + 1) = sort(of(r, s(2), s(3)), 2);
    case 'mean'
      members = a{s(3) + 1};
      weights = a{s(4) + 1};
      w = weights(1) * of(r, members(1), s(2));
      for i = 2:numel(members)
        w = w + weights(i) * of(r, members(i), s(2));
      end
    case 'temper'
      w = through_sum(held(of(r, s(2), s(3)), 1e-7, 1) .^ s(4));
    case 'unscale'
      x = held(r(:, s(2) + 1), 0, s(4));
      if s(3) == 0
        w = expm1(x) + s(5);
      else
        w = x .* x + s(5);
      end
    case 'correct'
      w = correct(s, r, a);
    case 'spread'
      w = spread(of(r, s(2), s(3)), s(4), a{s(5) + 1}, a{s(6) + 1});
    case 'factor'
      w = factor_of(r(:, s(2) + 1), a{s(3) + 1}, a{s(4) + 1}, s(5));
    case 'size'
      w = s(3) * ones(n, 1);
      for place = a{s(2) + 1}
        w = w + r(:, place + 1);
      end
      w = exp(held(w, s(4), s(5)));
    case 'interval'
      w = interval(s, r);
    otherwise
      error('journeyman:plan', 'the operation "%s" is not known to this reader', operation);
  end
end

function w = of(r, first, count)
  w = r(:, first + (1:count));
end

function x = finite(x)
  x(~isfinite(x)) = NaN;
end

function y = held(x, low, high)
  y = min(max(x, low), high);
  y(isnan(x)) = NaN; % max() passes over NaN
end

function p = logistic(x)
  p = 1 ./ (1 + exp(-x));
end

function w = total(x)
  w = zeros(size(x, 1), 1);
  for k = 1:size(x, 2)
    if k == 1
      w = x(:, 1);
    else
      w = w + x(:, k);
    end
  end
end

function w = through_sum(x)
  w = x ./ total(x);
end

function w = fill(s, r, a)
  x = finite(r(:, a{s(2) + 1} + 1));
  flags = double(isnan(x(:, a{s(7) + 1} + 1)));
  instead = a{s(3) + 1};
  for k = 1:size(x, 2)
    x(isnan(x(:, k)), k) = instead(k);
  end
  x = (x - a{s(4) + 1}) .* a{s(5) + 1};
  if s(6) ~= 0
    x = held(x, -s(6), s(6));
  end
  w = [x, flags];
end

function w = rows_of(values, width, row, count)
  values = reshape(values, width, [])';
  row(isnan(row) | row < 0 | row >= count) = size(values, 1) - 1;
  w = values(row + 1, :);
end

function w = calendar(x, parts, start, fill)
  missing = isnan(x);
  x(missing) = 0;
  whole = fix(x);
  days = floor(whole / 86400);
  [year, month, day] = date_of(days);
  all = [year, month, day, mod(days + 3, 7), days - PACKAGE.days_of(year, 1, 1) + 1, (whole - days * 86400) / 3600, ...
         (x - start) / 86400];
  w = all(:, parts + 1);
  w(missing, :) = fill;
end

function [year, month, day] = date_of(days)
  days = days + 719468;
  era = floor(days / 146097);
  of_era = days - era * 146097;
  years = floor((of_era - floor(of_era / 1460) + floor(of_era / 36524) - floor(of_era / 146096)) / 365);
  of_year = of_era - (365 * years + floor(years / 4) - floor(years / 100));
  shifted = floor((5 * of_year + 2) / 153);
  day = of_year - floor((153 * shifted + 2) / 5) + 1;
  month = shifted + 3 - 12 * (shifted >= 10);
  year = years + era * 400 + (month <= 2);
end

function w = lines(x, outputs, weights, offsets)
  weights = reshape(weights, outputs, []);
  w = zeros(size(x, 1), outputs);
  for k = 1:outputs
    w(:, k) = total(x .* weights(k, :)) + offsets(k);
  end
end

function w = waves(s, r, a)
  waves = s(4);
  mixtures = s(5);
  w = zeros(size(r, 1), 0);
  for i = 0:s(3) - 1
    at = i * waves + (1:waves);
    turns = cos(r(:, s(2) + i + 1) .* a{s(6) + 1}(at) + a{s(7) + 1}(at));
    for m = 1:mixtures
      mix = a{s(8) + 1}((at - 1) * mixtures + m);
      w(:, end + 1) = total(turns .* mix) + a{s(9) + 1}(i * mixtures + m); %#ok<AGROW>
    end
  end
end

function w = bend(z, kind, slopes)
  if kind == 0
    bent = 1.0507009873554805 * (max(z, 0) + 1.6732632423543772 * expm1(min(z, 0)));
  else
    e = exp(min(z, 20));
    bent = z .* (e .* (e + 2) ./ (e .* (e + 2) + 2));
  end
  w = z + slopes .* (bent - z);
end

function w = above(r, s, thresholds)
  n = size(r, 1);
  if s(4) == 1
    x = of(r, s(2), s(3));
  else
    x = r(:, s(2) + 1);
  end
  p = [ones(n, 1), sort(logistic(x - thresholds), 2, 'descend'), zeros(n, 1)];
  w = through_sum(max(p(:, 1:end - 1) - p(:, 2:end), 1e-9));
end

function w = correct(s, r, a)
  given = of(r, s(2), s(3));
  lists = a(s(9:17) + 1);
  numbers = r(:, lists{1} + 1);
  for k = 1:size(numbers, 2)
    numbers(:, k) = held(numbers(:, k), lists{2}(k), lists{3}(k));
  end
  z = [numbers, double(r(:, lists{4} + 1) == lists{5}), given];
  z = (z - lists{6}) ./ lists{7};
  z(isnan(z)) = 0;
  weights = reshape(lists{8}, s(3), []);
  w = zeros(size(given));
  for k = 1:s(3)
    w(:, k) = given(:, k) + lists{9}(k) + total(z .* weights(k, :));
  end
  if s(4) == 1
    w = through_sum(held(w, 0.005, 1));
  end
  x = r(:, s(5) + 1);
  if s(8) == 1
    inside = isnan(x);
  else
    inside = x >= s(6) & x < s(7);
  end
  w(~inside, :) = given(~inside, :);
end

function w = spread(given, floor, levels, factors)
  w = given;
  for k = 1:numel(levels)
    w(:, k) = given(:, 1) + (given(:, k) - given(:, 1)) * factors(k);
    if ~isnan(floor)
      w(:, k) = max(w(:, k), floor);
    end
  end
  [~, order] = sort(levels);
  below = fliplr(order(levels(order) < levels(1)));
  above = order(levels(order) > levels(1));
  fence = w(:, 1);
  for k = below
    fence = min(w(:, k), fence);
    w(:, k) = fence;
  end
  fence = w(:, 1);
  for k = above
    fence = max(w(:, k), fence);
    w(:, k) = fence;
  end
end

function w = factor_of(x, at, logarithm, unknown)
  w = unknown * ones(size(x));
  if isempty(at)
    known = x >= 0 & x < numel(logarithm);
    w(known) = logarithm(x(known) + 1);
    return
  end
  known = isfinite(x);
  x = held(x, at(1), at(end));
  w(known & x == at(end)) = logarithm(end);
  for k = 1:numel(at) - 1
    between = known & x >= at(k) & x < at(k + 1);
    slope = (logarithm(k + 1) - logarithm(k)) / (at(k + 1) - at(k));
    w(between) = slope * (x(between) - at(k)) + logarithm(k);
  end
end

function w = interval(s, r)
  size = 1;
  if s(7) >= 0
    size = r(:, s(7) + 1);
  end
  low = r(:, s(2) + s(3) + 1) - s(5) * size;
  high = r(:, s(2) + s(4) + 1) + s(6) * size;
  if s(3) ~= s(4)
    low = min(low, r(:, s(2) + 1));
    high = max(high, r(:, s(2) + 1));
  end
  w = [low, high];
end
