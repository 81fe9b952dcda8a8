// Compare this reader with the model that was exported: node test.mjs

import { readFileSync } from "node:fs";

import { loadModel } from "./answer.mjs";
import { answerTable } from "./plan.mjs";
import { readTable } from "./table.mjs";

const INEXACT = new Set(["lines", "squash", "waves", "embed", "dense", "bend", "neighbours"]);
const NUMBERS = { nan: NaN, inf: Infinity, "-inf": -Infinity };

const model = loadModel();
const [head, ...rows] = readTable(readFileSync(new URL("selftest.csv", import.meta.url), "utf8"));
const [names, ...answers] = answerTable(model, [head, ...rows]);
const places = names.map((name) => head.lastIndexOf(name));
const number = (text) => NUMBERS[text] ?? Number(text);
const predicted = names.map((name, i) => i).filter((i) => names[i] !== "label" && !names[i].startsWith("score "));

// How far predictions may lie apart: units in the last place of the greatest, or a share of their range.
let low = Infinity;
let high = -Infinity;
for (const row of rows) {
  for (const i of predicted) {
    const x = number(row[places[i]]);
    if (Number.isFinite(x)) [low, high] = [Math.min(low, x), Math.max(high, x)];
  }
}
const inexact = model.operations.some((operation) => INEXACT.has(operation));
const greatest = Math.max(model.labels.length ? 1 : 0, -low, high);
const allowed = inexact ? 1e-12 * Math.max(1, high - low) : 4 * 2 ** (Math.floor(Math.log2(greatest)) - 52);

const wrong = [];
rows.forEach((row, at) => {
  names.forEach((name, i) => {
    const wanted = row[places[i]];
    const found = answers[at][i];
    const same = name === "label" ? wanted === found : Object.is(number(wanted), number(found));
    const near = predicted.includes(i) && Math.abs(number(wanted) - number(found)) <= allowed;
    if (!same && !near) wrong.push(`row ${at + 1}: ${name} is ${found}, and ${wanted} was expected`);
  });
});
if (places.includes(-1)) wrong.push(`selftest.csv lacks ${names[places.indexOf(-1)]}`);
if (!rows.length) wrong.push("selftest.csv has no rows");
for (const line of wrong.slice(0, 10)) console.error(line);
console.log(wrong.length ? `${wrong.length} of ${rows.length * names.length} values differ` : `${rows.length} rows agree`);
process.exitCode = wrong.length ? 1 : 0;
