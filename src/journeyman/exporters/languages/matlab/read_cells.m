function values = read_cells(column, values)
%READ_CELLS A column's values, texts or typed ones, as a register: doubles, NaN or code -1 where missing.
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
      values = NaN(numel(values), 1);
    otherwise
      error('journeyman:plan', 'column "%s" is of the kind %s, which this reader does not know', column.name, column.kind);
  end
end

function values = typed_numbers(values)
  values = double(values);
  values(isinf(values)) = NaN;
end

function texts = trimmed(column, texts)
  plain = cellfun(@ischar, texts);
  texts(~plain) = {''}; % [] and <missing> in a cell array
  texts = regexprep(texts, '^[ \t\r\n\f\v]+|[ \t\r\n\f\v]+$', '');
  texts(ismember(lower(texts), lower(column.missing))) = {''};
end

function [values, plain] = plain_numbers(texts)
  plain = ~cellfun(@isempty, regexp(texts, '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$', 'once'));
  values = NaN(numel(texts), 1);
  values(plain) = str2double(texts(plain));
  values(isinf(values)) = NaN;
end

function values = read_numbers(column, texts)
  if ~iscell(texts)
    values = typed_numbers(texts);
    return
  end
  texts = trimmed(column, texts);
  size = numel(column.unit);
  if size > 0
    front = strncmp(texts, column.unit, size);
    texts(front) = cellfun(@(t) t(size + 1:end), texts(front), 'UniformOutput', false);
    back = ~front & cellfun(@(t) numel(t) >= size && strcmp(t(end - size + 1:end), column.unit), texts);
    texts(back) = cellfun(@(t) t(1:end - size), texts(back), 'UniformOutput', false);
  end
  if column.decimal == ','
    texts = strrep(regexprep(texts, '[. '']', ''), ',', '.');
  else
    texts = regexprep(texts, '[, '']', '');
  end
  values = plain_numbers(texts);
end

function values = read_booleans(column, texts)
  if ~iscell(texts)
    values = typed_numbers(texts);
    return
  end
  texts = trimmed(column, texts);
  values = plain_numbers(texts);
  [found, place] = first_places(lower(texts), lower(column.categories));
  values(found) = mod(place(found) - 1, 2);
  values(cellfun(@isempty, texts)) = NaN;
end

function [found, place] = first_places(texts, names)
  place = zeros(numel(texts), 1);
  for k = numel(names):-1:1
    place(strcmp(texts, names{k})) = k;
  end
  found = place > 0;
end

function codes = read_categories(column, texts)
  if iscell(texts)
    texts = trimmed(column, texts);
  else
    texts = arrayfun(@shortest_text, typed_numbers(texts), 'UniformOutput', false);
  end
  [distinct, ~, which] = unique(texts);
  distinct = distinct(:);
  [found, place] = ismember(distinct, column.categories);
  [numbers, plain] = plain_numbers(distinct);
  for k = find(~found & plain)'
    [~, place(k)] = ismember(shortest_text(numbers(k)), column.categories);
  end
  place(cellfun(@isempty, distinct)) = 0;
  codes = reshape(place(which) - 1, [], 1);
end

function text = shortest_text(x)
  % the fewest digits that give the same number again; whole numbers without a point
  if isnan(x)
    text = '';
  elseif x == fix(x) && abs(x) < 1e16
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
    end
  end
end

function seconds = read_dates(column, texts)
  if ~iscell(texts)
    seconds = typed_numbers(texts);
    return
  end
  texts = trimmed(column, texts);
  seconds = NaN(numel(texts), 1);
  times = {'%H:%M:%S', '%H:%M', '%H:%M:%S.%f', '%H:%M:%S%z', '%H:%M%z', '%H:%M:%S.%f%z'};
  iso = [{'%Y-%m-%d'}, strcat('%Y-%m-%dT', times), strrep(strcat('%Y-%m-%dT', times), 'T', ' ')];
  for format = [reshape(column.formats, 1, []), iso]
    left = find(isnan(seconds) & ~cellfun(@isempty, texts));
    if isempty(left)
      break
    end
    seconds(left) = dates_of(texts(left), format{1}, column.century);
  end
end

function seconds = dates_of(texts, format, century)
  % seconds since 1970 of texts in one format of strptime; NaN where a text has another form, or is no day
  known = 'YymdHIMSfbBpz';
  patterns = {'([0-9]{4})', '([0-9]{2})', '([0-9]{1,2})', '([0-9]{1,2})', '([0-9]{1,2})', '([0-9]{1,2})', ...
              '([0-9]{2})', '([0-9]{2})', '([0-9]{1,9})', '([A-Za-z]+)\.?', '([A-Za-z]+)\.?', ...
              '([AaPp])\.?\s?[Mm]\.?', '(Z|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})'};
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
  found = regexp(texts, [pattern, '$'], 'tokens', 'once');
  seconds = NaN(numel(texts), 1);
  for i = find(~cellfun(@isempty, found))'
    seconds(i) = seconds_of(parts, found{i}, century);
  end
end

function seconds = seconds_of(parts, texts, century)
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
        month = find(strcmp(short, months) | strncmp(short, months, 3) & (numel(short) == 3 | strcmp(short, 'sept')), 1);
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
  midnight = hour == 24 && minute == 0 && second == 0 && micros == 0; % the end of the day
  hour = hour * ~midnight;
  good = good && year >= 1 && month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
  seconds = NaN;
  if good
    days = PACKAGE.days_of(year, month, 1);
    if day >= 1 && day <= PACKAGE.days_of(year + (month == 12), mod(month, 12) + 1, 1) - days
      whole = (days + day - 1 + midnight) * 86400 + hour * 3600 + minute * 60 + second - ahead;
      seconds = (whole * 1e6 + micros) / 1e6;
    end
  end
end
