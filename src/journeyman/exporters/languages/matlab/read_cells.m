function values = read_cells(column, values)
%READ_CELLS A column's values, texts or typed ones, as a register: doubles, NaN or code -1 where missing.
%   Of a column of free texts, a cell array with the code points of each text, none where it is missing.
  if isa(values, 'categorical')
    values = cellstr(values);
    values(strcmp(values, '<undefined>')) = {''};
  elseif isa(values, 'string')
    values = fillmissing(values, 'constant', "");
    values = cellstr(values);
  elseif isa(values, 'datetime')
    values = posixtime(values);
  end
  if ~iscell(values) && ~isnumeric(values) && ~islogical(values)
    error('journeyman:data', 'column "%s" holds values of the class %s', column.name, class(values));
  end
  switch column.kind
    case 'number'
      values = read_numbers(column, values);
    case 'boolean'
      values = read_booleans(column, values);
    case 'category'
      values = read_categories(column, values);
    case 'date'
      values = read_dates(column, values);
    case 'text'
      values = read_points(column, values);
    otherwise
      error('journeyman:plan', 'column "%s" is of the kind %s, which this reader does not know', column.name, column.kind);
  end
end

function points = read_points(column, values)
  if ~iscell(values)
    numbers = double(reshape(values, [], 1));
    named = {'False'; 'True'};
    if islogical(values)
      values = named(numbers + 1);
    else
      values = arrayfun(@shortest_text, numbers, 'UniformOutput', false);
      values(~isfinite(numbers)) = {''};
    end
  end
  values = reshape(values, [], 1);
  values(~cellfun(@ischar, values)) = {''}; % [] and <missing> in a cell array
  key = @(own) sprintf('%d,', own);
  keys = @(texts) cellfun(@(text) key(PACKAGE.code_points(text)), texts, 'UniformOutput', false);
  missing = keys(column.missing);
  signs = keys(column.categories);
  longest = max([cellfun(@numel, column.missing), cellfun(@numel, column.categories), 0]);
  blank = [9:13, 32, 160, 8239, 8201, 12288, 65279, 8203, 8206, 8207, 8288];
  points = cell(size(values));
  for i = 1:numel(values)
    own = PACKAGE.code_points(values{i});
    kept = find(~ismember(own, blank));
    own = own(min(kept):max(kept));
    if numel(own) <= longest
      capital = ismember(own, [65:90, 192:214, 216:222, 1040:1071]);
      small = own + 32 * capital;
      small(own == 8490) = 107; % the sign of Kelvin
      if any(strcmp(key(own), missing)) || any(strcmp(key(small), signs))
        own = [];
      end
    end
    points{i} = reshape(own, 1, []);
  end
end

function values = typed_numbers(column, values)
  values = reshape(double(values), [], 1);
  if strcmp(column.kind, 'date')
    gone = read_micros(column, column.missing) / 1e6;
  else
    gone = plain_numbers(column.missing);
  end
  values(isinf(values) | ismember(values, gone)) = NaN;
end

function texts = cleaned(texts)
  % without blanks at the ends and without a pair of quotes around
  texts = reshape(texts, [], 1);
  texts(~cellfun(@ischar, texts)) = {''}; % [] and <missing> in a cell array
  texts = without_blanks(texts);
  texts = regexprep(texts, '^="', '"');
  quoted = ~cellfun(@isempty, regexp(texts, '^(".*"|''.*'')$', 'once')) & cellfun(@numel, texts) > 1;
  texts(quoted) = without_blanks(cellfun(@(t) t(2:end - 1), texts(quoted), 'UniformOutput', false));
end

function texts = without_blanks(texts)
  persistent blank
  if isempty(blank)
    signs = num2cell([9:13, 32, 160, 8239, 8201, 12288, 65279, 8203, 8206, 8207, 8288]);
    if exist('OCTAVE_VERSION', 'builtin')
      signs = cellfun(@(code) char(unicode2native_of(code)), signs, 'UniformOutput', false); % bytes
    else
      signs = cellfun(@char, signs, 'UniformOutput', false);
    end
    blank = ['(?:', strjoin(signs, '|'), ')+'];
  end
  texts = regexprep(texts, ['^', blank, '|', blank, '$'], '');
end

function bytes = unicode2native_of(code)
  if code < 128
    bytes = code;
  elseif code < 2048
    bytes = [192 + floor(code / 64), 128 + mod(code, 64)];
  else
    bytes = [224 + floor(code / 4096), 128 + mod(floor(code / 64), 64), 128 + mod(code, 64)];
  end
end

function yes = matches(texts, pattern)
  yes = ~cellfun(@isempty, regexp(texts, pattern, 'once'));
end

function [values, plain] = plain_numbers(texts)
  plain = matches(texts, '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$');
  values = NaN(numel(texts), 1);
  values(plain) = str2double(texts(plain));
  values(isinf(values)) = NaN;
end

function values = read_numbers(column, texts)
  if ~iscell(texts)
    values = typed_numbers(column, texts);
    return
  end
  texts = cleaned(texts);
  comma = column.decimal == ',';
  [values, plain] = plain_numbers(texts);
  if comma
    plain = plain & cellfun(@(t) ~any(t == '.'), texts);
  end
  values(~plain) = written_numbers(texts(~plain), column.unit, comma);
  values(ismember(values, plain_numbers(column.missing))) = NaN;
end

function values = written_numbers(texts, unit, comma)
  size = numel(unit);
  if size > 0
    signs = cellfun(@(t) t(1:double(~isempty(t) && any(t(1) == '+-'))), texts, 'UniformOutput', false);
    front = cellfun(@(t, s) strncmp(t, [s, unit], numel(s) + size), texts, signs);
    back = ~front & cellfun(@(t) numel(t) >= size && strcmp(t(end - size + 1:end), unit), texts);
    bare = without_blanks(cellfun(@(t, s) t(numel(s) + size + 1:end), texts(front), signs(front), 'UniformOutput', false));
    texts(front) = strcat(signs(front), bare);
    texts(back) = without_blanks(cellfun(@(t) t(1:end - size), texts(back), 'UniformOutput', false));
  end
  groups = '[, ''_]';
  point = '\.';
  other = ',';
  if comma
    groups = '[. ''_]';
    point = ',';
    other = '\.';
  end
  values = NaN(numel(texts), 1);
  values(strcmp(texts, 'True')) = 1;
  values(strcmp(texts, 'False')) = 0;
  power = '([eE][+-]?[0-9]+)?$';
  written = matches(texts, ['^[+-]?([1-9][0-9]{0,2}(', groups, ')[0-9]{3}(?:\2[0-9]{3})*|[0-9]*)(?:', point, '[0-9]*)?', power]);
  values(written) = plain_numbers(strrep(regexprep(texts(written), groups, ''), ',', '.'));
  swapped = ~written & matches(texts, ['^[+-]?[0-9]+', other, '([0-9]{1,2}|[0-9]{4,})', power]);
  values(swapped) = plain_numbers(strrep(texts(swapped), ',', '.'));
end

function values = read_booleans(column, texts)
  if ~iscell(texts)
    values = typed_numbers(column, texts);
    return
  end
  texts = cleaned(texts);
  names = lower(column.categories);
  numbers = plain_numbers(texts);
  numbers(ismember(numbers, plain_numbers(column.missing))) = NaN;
  place = first_places(lower(texts), names);
  lost = place == 0 & ~isnan(numbers);
  place(lost) = first_places(arrayfun(@shortest_text, numbers(lost), 'UniformOutput', false), names);
  values = NaN(numel(texts), 1);
  if numel(names) > 1 && strcmp(names{1}, '0') && strcmp(names{2}, '1')
    values = numbers;
  end
  values(place > 0) = mod(place(place > 0) - 1, 2);
  values(cellfun(@isempty, texts) | ismember(texts, column.missing)) = NaN;
end

function place = first_places(texts, names)
  place = zeros(numel(texts), 1);
  for k = numel(names):-1:1
    place(strcmp(texts, names{k})) = k;
  end
end

function codes = read_categories(column, texts)
  if islogical(texts)
    words = {'False'; 'True'};
    texts = words(texts + 1);
  end
  if iscell(texts)
    texts = cleaned(texts);
  else
    texts = reshape(arrayfun(@shortest_text, double(texts), 'UniformOutput', false), [], 1);
  end
  [distinct, ~, which] = unique(texts);
  distinct = reshape(distinct, [], 1);
  [found, place] = ismember(distinct, column.categories);
  [numbers, plain] = plain_numbers(distinct);
  for k = find(~found & plain & ~ismember(distinct, column.missing) & ~strcmp(column.unit, 'exact'))'
    bare = shortest_text(numbers(k));
    if strcmp(column.unit, 'zeros')
      if all(distinct{k} >= '0' & distinct{k} <= '9')
        bare = distinct{k};
      end
      if all(bare >= '0' & bare <= '9')
        bare = [repmat('0', 1, numel(column.categories{1}) - numel(bare)), bare]; %#ok<AGROW>
      end
    end
    [~, place(k)] = ismember(bare, column.categories);
  end
  place(cellfun(@isempty, distinct)) = 0;
  codes = reshape(place(which) - 1, [], 1);
end

function text = shortest_text(x)
  % the fewest digits that give the same number again, as Python writes them; whole numbers below 1e15 without a point
  if isnan(x)
    text = '';
  elseif x == fix(x) && abs(x) < 1e15
    text = sprintf('%.0f', x + 0);
  else
    for digits = 1:17
      text = sprintf('%.*e', digits - 1, x);
      if str2double(text) == x
        break
      end
    end
    exponent = str2double(text(find(text == 'e') + 1:end));
    if exponent >= -4 && exponent < 16
      text = sprintf('%.*f', max(digits - 1 - exponent, 0), x);
      if ~any(text == '.')
        text = [text, '.0'];
      end
    end
  end
end

function seconds = read_dates(column, texts)
  if ~iscell(texts)
    seconds = typed_numbers(column, texts);
    return
  end
  texts = cleaned(texts);
  micros = read_micros(column, texts);
  micros(ismember(texts, column.missing) | ismember(micros, read_micros(column, column.missing))) = NaN;
  seconds = micros / 1e6;
end

function micros = read_micros(column, texts)
  % microseconds since 1970, NaN where no format fits
  micros = NaN(numel(texts), 1);
  epochs = {'epoch_s', 'epoch_ms', 'epoch_us', 'epoch_ns'};
  scales = [1e6, 1e3, 1, 1e-3];
  for format = reshape(column.formats, 1, [])
    left = find(isnan(micros));
    epoch = strcmp(format{1}, epochs);
    if any(epoch)
      exact = plain_numbers(texts(left)) * scales(epoch);
      whole = round(exact);
      whole = whole - sign(exact) .* (abs(whole - exact) == 0.5 & mod(whole, 2) == 1); % halves to even
      whole(abs(whole) >= 2 ^ 62) = NaN; % no moment that 64 bits hold
      micros(left) = whole;
    else
      micros(left) = dates_of(texts(left), format{1}, column.century);
    end
  end
end

function micros = dates_of(texts, format, century)
  % microseconds since 1970 of texts in one format of strptime; NaN where a text has another form, or is no day
  known = 'YymdHIMSfbBpz';
  patterns = {'([0-9]{4})', '([0-9]{2})', '([0-9]{1,2})', '([0-9]{1,2})', '([0-9]{1,2})', '([0-9]{1,2})', ...
              '([0-9]{2})', '([0-9]{2})', '([0-9]{1,9})', '([A-Za-z]+)\.?', '([A-Za-z]+)\.?', ...
              '([AaPp])[Mm]', '(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})'};
  pattern = '^';
  parts = '';
  k = 1;
  while k <= numel(format)
    if format(k) == '%'
      place = find(known == format(k + 1), 1);
      if isempty(place)
        error('journeyman:plan', 'dates in the format %s are not read here', format);
      end
      pattern = [pattern, patterns{place}]; %#ok<AGROW>
      parts = [parts, strrep(format(k + 1), 'B', 'b')]; %#ok<AGROW>
      k = k + 2;
    else
      pattern = [pattern, regexptranslate('escape', format(k))]; %#ok<AGROW>
      k = k + 1;
    end
  end
  if any(strcmp(format, {'%Y-%m', '%Y/%m', '%m/%Y'})) || strncmp(format, '%Y%m%d', 6)
    pattern = strrep(pattern, '{1,2}', '{2}');
  end
  found = regexp(texts, [pattern, '$'], 'tokens', 'once');
  micros = NaN(numel(texts), 1);
  for i = reshape(find(~cellfun(@isempty, found)), 1, [])
    micros(i) = micros_of(parts, found{i}, century);
  end
end

function moment = micros_of(parts, texts, century)
  months = {'january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', ...
            'november', 'december'};
  number = @(text) sscanf(text, '%d');
  month = 1; day = 1; hour = 0; minute = 0; second = 0; micros = 0; ahead = 0;
  good = true;
  late = [];
  for k = 1:numel(parts)
    text = texts{k};
    switch parts(k)
      case 'Y'
        year = number(text);
      case 'y'
        year = century + mod(number(text) - century, 100);
      case 'm'
        month = number(text);
      case 'd'
        day = number(text);
      case {'H', 'I'}
        hour = number(text);
        if parts(k) == 'I'
          good = good && hour >= 1 && hour <= 12;
          hour = mod(hour, 12);
        end
      case 'M'
        minute = number(text);
      case 'S'
        second = number(text);
      case 'f'
        text = [text, '000000'];
        micros = number(text(1:6));
      case 'b'
        short = lower(text);
        month = find(strcmp(short, months) | strncmp(short, months, 3) & numel(short) == 3, 1);
        if isempty(month)
          month = 0;
        end
      case 'p'
        late = lower(text) == 'p';
      case 'z'
        digits = [text(text >= '0' & text <= '9'), '0000'];
        hours = number(digits(1:2));
        minutes = number(digits(3:4));
        good = good && hours <= 14 && minutes < 60;
        ahead = (hours * 60 + minutes) * 60 * (1 - 2 * (text(1) == '-'));
    end
  end
  if ~isempty(late)
    hour = hour + 12 * late;
  end
  day_ends = hour == 24 && minute == 0 && second == 0 && micros == 0;
  good = good && year >= 1 && month >= 1 && month <= 12 && (hour < 24 || day_ends) && minute < 60 && second < 60;
  moment = NaN;
  if good
    days = PACKAGE.days_of(year, month, 1);
    if day >= 1 && day <= PACKAGE.days_of(year + (month == 12), mod(month, 12) + 1, 1) - days
      whole = (days + day - 1) * 86400 + hour * 3600 + minute * 60 + second - ahead;
      moment = whole * 1e6 + micros;
    end
  end
end
