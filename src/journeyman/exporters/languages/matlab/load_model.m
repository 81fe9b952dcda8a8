function model = load_model(file)
%LOAD_MODEL Read a scoring plan.
%   MODEL = PACKAGE.load_model() reads plan.txt beside the folder +PACKAGE; MODEL = PACKAGE.load_model(FILE) another one.
%   MODEL is a struct for PACKAGE.predict.
  if nargin < 1
    file = fullfile(fileparts(fileparts(mfilename('fullpath'))), 'plan.txt');
  end
  text = PACKAGE.read_text(file);
  blank = text == ' ' | text == char(10) | text == char(13);
  starts = find(~blank & [true, blank(1:end - 1)]);
  ends = find(~blank & [blank(2:end), true]);
  at = 0;
  if numel(starts) < 2 || ~strcmp(text(starts(1):ends(1)), 'journeyman-plan')
    error('journeyman:plan', '%s is no scoring plan', file);
  end
  if ~strcmp(text(starts(2):ends(2)), '1')
    error('journeyman:plan', '%s was written by a newer version: format %s, this reads 1', file, text(starts(2):ends(2)));
  end
  at = 2;
  keyword('name');
  model.name = plain_text(word());
  keyword('version');
  model.version = numbers(1);
  keyword('task');
  model.task = plain_text(word());
  keyword('target');
  model.target = plain_text(word());
  keyword('texts');
  texts = cell(1, numbers(1));
  for i = 1:numel(texts)
    texts{i} = words(numbers(1));
  end
  model.texts = texts;
  keyword('arrays');
  model.arrays = cell(1, numbers(1));
  for i = 1:numel(model.arrays)
    model.arrays{i} = numbers(numbers(1));
  end
  keyword('columns');
  model.columns = cell(1, numbers(1));
  for i = 1:numel(model.columns)
    first = words(4);
    column = struct('name', first{1}, 'kind', first{2}, 'decimal', first{3}, 'unit', first{4});
    column.categories = list();
    column.missing = list();
    column.formats = list();
    column.century = numbers(1);
    model.columns{i} = column;
  end
  keyword('registers');
  model.registers = numbers(1);
  keyword('steps');
  model.steps = cell(1, numbers(1));
  known = PACKAGE.operations();
  for i = 1:numel(model.steps)
    operation = word();
    if ~any(strcmp(operation, known))
      error('journeyman:plan', '%s: the operation "%s" is not known to this reader', file, operation);
    end
    model.steps{i} = struct('operation', operation, 'arguments', numbers(numbers(1)));
  end
  keyword('scores');
  model.scores = numbers(numbers(1)) + 1;
  keyword('outputs');
  model.outputs = numbers(numbers(1)) + 1;
  keyword('labels');
  model.labels = list();
  model.label_type = word();
  model.threshold = numbers(1);
  model.ordered = numbers(1) == 1;
  keyword('interval');
  model.interval = numbers(2) + 1;
  keyword('end');

  function move(count)
    if at + count > numel(starts)
      error('journeyman:plan', '%s is cut off', file);
    end
    at = at + count;
  end

  function taken = word()
    move(1);
    taken = text(starts(at):ends(at));
  end

  function taken = words(count)
    taken = cell(1, count);
    for k = 1:count
      taken{k} = plain_text(word());
    end
  end

  function values = numbers(count)
    values = zeros(1, 0);
    if count == 0
      return
    end
    move(count);
    values = sscanf(text(starts(at - count + 1):ends(at)), '%f')';
    if numel(values) ~= count
      error('journeyman:plan', '%s: %d numbers were expected at word %d', file, count, at - count + 1);
    end
  end

  function keyword(name)
    if ~strcmp(word(), name)
      error('journeyman:plan', '%s: "%s" was expected at word %d', file, name, at);
    end
  end

  function taken = list()
    place = numbers(1);
    taken = {};
    if place >= 0
      taken = texts{place + 1};
    end
  end
end

function text = plain_text(word)
  % \s is a blank, \n a line feed, \t a tab, \r a carriage return, \\ a backslash, \e alone the empty text
  text = word;
  at = find(word == '\');
  if isempty(at)
    return
  end
  text = '';
  k = 1;
  while k <= numel(word)
    if word(k) == '\' && k < numel(word)
      [found, place] = ismember(word(k + 1), 'sntr\');
      signs = [' ', char([10, 9, 13]), '\'];
      if found
        text = [text, signs(place)]; %#ok<AGROW>
      end
      k = k + 2;
    else
      text = [text, word(k)]; %#ok<AGROW>
      k = k + 1;
    end
  end
end
