function data = read_table(file)
%READ_TABLE A file of comma-separated values (RFC 4180) as a struct array with NAME and VALUES, all of them texts.
  text = PACKAGE.read_text(file);
  if isempty(text) || text(end) ~= char(10)
    text = [text, char(10)];
  end
  outside = mod(cumsum(text == '"'), 2) == 0;
  line = text == char(10) & outside;
  ends = find((text == ',' & outside) | line);
  starts = [1, ends(1:end - 1) + 1];
  width = find(line(ends), 1);
  if mod(numel(ends), width) ~= 0
    error('journeyman:file', '%s: not every row has %d cells', file, width);
  end
  cells = cell(1, numel(ends));
  for k = 1:numel(ends)
    one = text(starts(k):ends(k) - 1);
    if ~isempty(one) && one(end) == char(13)
      one = one(1:end - 1);
    end
    if ~isempty(one) && one(1) == '"'
      one = regexprep(one(2:end - 1), '""', '"'); % strrep would count quotes in a row twice
    end
    cells{k} = one;
  end
  cells = reshape(cells, width, []);
  data = struct('name', cells(:, 1), 'values', [], 'of_file', true); % no table of a caller has this field
  for k = 1:width
    data(k).values = cells(k, 2:end)';
  end
end
