% Answers the rows of selftest.csv: scores have the same bits, predictions differ by a few units in the last place.
% octave --no-gui selftest.m    or, in MATLAB, selftest
folder = fileparts(mfilename('fullpath'));
addpath(folder);
model = PACKAGE.load_model();
rows = PACKAGE.read_table(fullfile(folder, 'selftest.csv'));
given = PACKAGE.predict(model, rows);
if isempty(model.labels)
  outputs = given.prediction;
else
  outputs = given.probabilities;
end
names = {rows.name};
wanted = @(word, count) str2double([rows(arrayfun(@(k) find(strcmp(names, sprintf('%s %d', word, k - 1))), 1:count)).values]);
scores = wanted('score', size(given.scores, 2));
predictions = wanted('prediction', size(outputs, 2));
same = given.scores == scores | (isnan(given.scores) & isnan(scores));
if ~all(same(:))
  error('journeyman:selftest', '%d scores have other bits', nnz(~same));
end
% where sums are taken in an order of their own, the page of the plan allows more than four units in the last place
loose = {'lines', 'dense', 'waves', 'neighbours', 'correct'};
finite = predictions(isfinite(predictions));
allowed = 4 * eps(max([double(~isempty(model.labels)); abs(finite(:))]));
if any(cellfun(@(step) any(strcmp(step.operation, loose)), model.steps))
  allowed = 1e-12 * max([1; max(finite(:)) - min(finite(:))]);
end
near = abs(outputs - predictions) <= allowed | outputs == predictions | (isnan(outputs) & isnan(predictions));
if ~all(near(:))
  error('journeyman:selftest', '%d predictions differ', nnz(~near));
end
if ~isempty(model.labels)
  model.label_type = 'str';
  given = PACKAGE.predict(model, rows);
  other = ~strcmp(given.label, rows(strcmp(names, 'label')).values);
  if any(other)
    error('journeyman:selftest', '%d labels differ', nnz(other));
  end
end
fprintf('%d rows agree\n', size(predictions, 1));
