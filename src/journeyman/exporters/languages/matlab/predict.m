function prediction = predict(model, data)
%PREDICT Predict all rows of a table.
%   PREDICTION = PACKAGE.predict(MODEL, DATA)
%   DATA is a table, or a struct with a field for each column (n values each): numbers, logicals, cell arrays of texts,
%   strings, categoricals or datetimes (in UTC where they have no zone). Where a column's name is no name of a field, the field is called
%   matlab.lang.makeValidName(name). NaN, NaT, missing strings and '' are missing values.
%   PREDICTION is a struct: label (n by 1) and probabilities (n by labels), or prediction (n by outputs), with low and
%   high where the model has an interval; and scores, the raw scores of trees and lines.
  rows = 0;
  columns = cell(1, numel(model.columns));
  for i = 1:numel(columns)
    values = values_of(data, model.columns{i}.name);
    columns{i} = PACKAGE.read_cells(model.columns{i}, values);
    rows = numel(columns{i});
    if rows ~= numel(columns{1})
      error('journeyman:data', 'column "%s" has %d values, column "%s" has %d', model.columns{i}.name, rows, ...
            model.columns{1}.name, numel(columns{1}));
    end
  end
  r = NaN(rows, model.registers);
  for i = 1:numel(columns)
    if ~iscell(columns{i}) % the code points of texts
      r(:, i) = columns{i};
    end
  end
  for i = 1:numel(model.steps)
    step = model.steps{i};
    if any(strcmp(step.operation, {'text', 'shape'}))
      points = columns{step.arguments(2) + 1};
      written = PACKAGE.text_step(step.operation, step.arguments, r, model.arrays, model.texts, points);
    else
      written = PACKAGE.run_step(step.operation, step.arguments, r, model.arrays);
    end
    r(:, step.arguments(1) + (1:size(written, 2))) = written;
  end
  outputs = r(:, model.outputs);
  prediction = struct();
  if isempty(model.labels)
    prediction.prediction = outputs;
  else
    prediction.label = typed(model, label_places(model, outputs));
    prediction.probabilities = outputs;
  end
  if model.interval(1) > 0
    prediction.low = r(:, model.interval(1));
    prediction.high = r(:, model.interval(2));
  end
  prediction.scores = r(:, model.scores);
end

function values = values_of(data, name)
  if isstruct(data) && isfield(data, 'of_file')
    place = find(strcmp(name, {data.name}), 1); % what read_table returns
    if ~isempty(place)
      values = data(place).values;
      return
    end
    names = {data.name};
  elseif isstruct(data)
    names = fieldnames(data);
  else
    names = data.Properties.VariableNames;
  end
  for wanted = {name, matlab.lang.makeValidName(name)}
    if any(strcmp(wanted{1}, names))
      values = data.(wanted{1});
      values = reshape_column(values);
      return
    end
  end
  error('journeyman:data', 'the data have no column "%s" (a field may be called %s)', name, matlab.lang.makeValidName(name));
end

function values = reshape_column(values)
  if ischar(values)
    values = cellstr(values); % a lone text, or rows of characters
  end
  values = values(:);
end

function places = label_places(model, probabilities)
  rows = size(probabilities, 1);
  if model.ordered
    sums = probabilities;
    for k = 2:size(sums, 2)
      sums(:, k) = sums(:, k - 1) + sums(:, k);
    end
    places = size(sums, 2) * ones(rows, 1);
    for k = size(sums, 2):-1:1
      places(sums(:, k) >= 0.5 * sums(:, end) - 1e-12) = k;
    end
  elseif ~isnan(model.threshold)
    places = 1 + (probabilities(:, 2) >= model.threshold);
  else
    places = ones(rows, 1);
    greatest = probabilities(:, 1);
    for k = 2:size(probabilities, 2)
      more = probabilities(:, k) > greatest;
      greatest(more) = probabilities(more, k);
      places(more) = k;
    end
  end
end

function label = typed(model, places)
  label = reshape(model.labels(places), [], 1);
  if any(strcmp(model.label_type, {'int', 'float'}))
    label = str2double(label);
  elseif strcmp(model.label_type, 'bool')
    label = strcmpi(label, 'true');
  end
end
