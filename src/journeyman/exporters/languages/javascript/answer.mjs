// Answer a file of rows: node answer.mjs rows.csv answers.csv

import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { PlanError, answerTable, readPlan } from "./plan.mjs";
import { readTable, writeTable } from "./table.mjs";

/** Return the model whose plan lies beside this file. */
export function loadModel() {
  return readPlan(readFileSync(new URL("plan.txt", import.meta.url), "utf8"));
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
