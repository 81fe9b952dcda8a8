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
allowed = 4 * eps(predictions);
loose = {'squash', 'waves', 'embed', 'dense', 'bend', 'neighbours'};
if any(cellfun(@(step) any(strcmp(step.operation, loose)), model.steps))
  some = predictions(isfinite(predictions));
  allowed(:) = 1e-12 * max([1; max(some(:)) - min(some(:))]);
end
near = abs(outputs - predictions) <= allowed | outputs == predictions | (isnan(outputs) & isnan(predictions));
if ~all(near(:))
  error('journeyman:selftest', '%d predictions differ', nnz(~near));
end
fprintf('%d rows agree\n', size(predictions, 1));
