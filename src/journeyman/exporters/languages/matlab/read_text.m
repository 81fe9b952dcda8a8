function text = read_text(file)
%READ_TEXT The text of a file in UTF-8, as a row of characters, without a mark of the byte order.
  id = fopen(file, 'r', 'n', 'UTF-8');
  if id < 0
    error('journeyman:file', 'there is no file %s', file);
  end
  text = fread(id, [1, Inf], '*char');
  fclose(id);
  if exist('OCTAVE_VERSION', 'builtin')
    mark = char([239, 187, 191]); % Octave's characters are bytes
  else
    mark = char(65279);
  end
  if strncmp(text, mark, numel(mark))
    text = text(numel(mark) + 1:end);
  end
end
