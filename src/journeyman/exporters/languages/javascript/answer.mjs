// Answer a file of rows: node answer.mjs rows.csv answers.csv

import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { PlanError, readPlan } from "./plan.mjs";
import { numberText, readTable, writeTable } from "./table.mjs";

/** Return the model whose plan lies beside this file. */
export function loadModel() {
  return readPlan(readFileSync(new URL("plan.txt", import.meta.url), "utf8"));
}

/** Return a table's predictions, with a head. */
export function answerTable(model, [head, ...rows]) {
  const places = model.columns.map(({ name }) => head.indexOf(name));
  const lacking = places.indexOf(-1);
  if (lacking >= 0) throw new PlanError(`The table lacks the column ${model.columns[lacking].name}.`);
  const answers = rows.map((cells) =>
    model.predict(Object.fromEntries(model.columns.map(({ name }, i) => [name, cells[places[i]] ?? ""]))),
  );
  const numbered = (word, values) => values.map((_, i) => `${word} ${i}`);
  const first = answers[0] ?? { scores: [], outputs: [] };
  const names = [...numbered("score", first.scores), ...numbered("prediction", first.outputs)];
  if (model.hasInterval) names.push("low", "high");
  if (model.labels.length) names.push("label");
  const table = answers.map((one) => {
    const numbers = [...one.scores, ...one.outputs, ...(model.hasInterval ? [one.low, one.high] : [])];
    return [...numbers.map(numberText), ...(model.labels.length ? [one.labelText] : [])];
  });
  return [names, ...table];
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  const [rows, answers] = process.argv.slice(2);
  if (!answers) {
    console.error("Usage: node answer.mjs rows.csv answers.csv");
    process.exit(2);
  }
  try {
    writeFileSync(answers, writeTable(answerTable(loadModel(), readTable(readFileSync(rows, "utf8")))));
  } catch (error) {
    if (!(error instanceof PlanError || error instanceof SyntaxError || error.code)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
