function answer_file(model, rows, answers)
%ANSWER_FILE Answer a file of comma-separated values by another one.
%   PACKAGE.answer_file(MODEL, ROWS, ANSWERS)
  model.label_type = 'str'; % labels are written as the plan has them
  given = PACKAGE.predict(model, PACKAGE.read_table(rows));
  if isempty(model.labels)
    outputs = given.prediction;
  else
    outputs = given.probabilities;
  end
  names = [numbered('score', size(given.scores, 2)), numbered('prediction', size(outputs, 2))];
  values = [given.scores, outputs];
  if isfield(given, 'low')
    names = [names, {'low', 'high'}];
    values = [values, given.low, given.high];
  end
  line = strjoin(repmat({'%.17g'}, 1, numel(names)), ',');
  id = fopen(answers, 'w', 'n', 'UTF-8');
  if id < 0
    error('journeyman:file', '%s cannot be written', answers);
  end
  if isempty(model.labels)
    fprintf(id, '%s\n', strjoin(names, ','));
    fprintf(id, [line, '\n'], values');
  else
    fprintf(id, '%s\n', strjoin([names, {'label'}], ','));
    for i = 1:size(values, 1)
      fprintf(id, [line, ',"%s"\n'], values(i, :), strrep(given.label{i}, '"', '""'));
    end
  end
  fclose(id);
end

function names = numbered(word, count)
  names = arrayfun(@(k) sprintf('%s %d', word, k - 1), 1:count, 'UniformOutput', false);
end
