// A scoring plan: what a model does to a row until it is a prediction. No dependencies; Node.js 18 and browsers.

import { cellReader, textReader } from "./cells.mjs";
import { OPERATIONS } from "./steps.mjs";
import { numberText } from "./table.mjs";

const FIRST_LINE = "journeyman-plan 1";
const ESCAPES = { "\\s": " ", "\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\", "\\e": "" };
const KINDS = new Set(["number", "boolean", "category", "date", "text"]);

/** A plan that cannot be read, or a row that lacks a column. */
export class PlanError extends Error {
  name = "PlanError";
}

class Words {
  #words;
  #at = 0;

  constructor(text) {
    this.#words = text.split(/[ \n\r]+/);
  }

  next() {
    const word = this.#words[this.#at];
    if (word === undefined || word === "") throw new PlanError("The plan is cut off; copy plan.txt again.");
    this.#at += 1;
    return word;
  }

  expect(name) {
    const word = this.next();
    if (word !== name) throw new PlanError(`The plan has "${word}" where "${name}" was expected; copy plan.txt again.`);
  }

  number() {
    const word = this.next();
    const x = NUMBERS[word] ?? Number(word);
    if (Number.isNaN(x) && word !== "nan") throw new PlanError(`The plan has "${word}" where a number was expected.`);
    return x;
  }

  /** A whole number from `least` to before `end`. */
  whole(least = 0, end = 2 ** 31) {
    const x = this.number();
    if (!(Number.isInteger(x) && x >= least && x < end)) throw new PlanError(`The plan has ${x} where a position or a count was expected.`);
    return x;
  }

  text() {
    return this.next().replace(/\\[sntre\\]/g, (escape) => ESCAPES[escape]);
  }

  many(read) {
    const count = this.whole();
    const values = [];
    for (let i = 0; i < count; i++) values.push(read());
    return values;
  }
}

const NUMBERS = { nan: NaN, inf: Infinity, "-inf": -Infinity };

/**
 * Read a plan.
 *
 * @param {string} text of plan.txt
 * @returns {Model}
 * @throws {PlanError} where the text is no plan, or one of a newer version
 */
export function readPlan(text) {
  if (!/^journeyman-plan [0-9]+\r?\n/.test(text)) throw new PlanError("This is no scoring plan; give the text of plan.txt.");
  if (!text.startsWith(FIRST_LINE)) throw new PlanError("The plan was written by a newer version; copy its reader too.");
  const words = new Words(text.slice(FIRST_LINE.length).trim());
  const named = (name, read) => (words.expect(name), read());
  const plan = {
    name: named("name", () => words.text()),
    version: named("version", () => words.number()),
    task: named("task", () => words.text()),
    target: named("target", () => words.text()),
  };
  const texts = named("texts", () => words.many(() => words.many(() => words.text())));
  const list = () => texts[words.whole(0, texts.length)];
  plan.texts = texts;
  plan.arrays = named("arrays", () => words.many(() => Float64Array.from(words.many(() => words.number()))));
  plan.columns = named("columns", () => words.many(() => readColumn(words, list)));
  plan.registers = named("registers", () => words.whole(plan.columns.length));
  const register = () => words.whole(0, plan.registers);
  plan.steps = named("steps", () => words.many(() => [words.next(), words.many(() => words.number())]));
  plan.scores = named("scores", () => words.many(register));
  plan.outputs = named("outputs", () => words.many(register));
  words.expect("labels");
  const labels = words.whole(-1, texts.length);
  plan.labels = labels < 0 ? [] : texts[labels];
  plan.labelType = words.next();
  plan.threshold = words.number();
  plan.ordered = words.whole(0, 2) === 1;
  words.expect("interval");
  const ends = [words.whole(-1, plan.registers), words.whole(-1, plan.registers)];
  plan.interval = ends[0] < 0 ? null : ends;
  words.expect("end");
  return new Model(plan);
}

function readColumn(words, list) {
  const column = { name: words.text(), kind: words.next(), decimal: words.text(), unit: words.text() };
  if (!KINDS.has(column.kind)) throw new PlanError(`The column ${column.name} is a ${column.kind}, which this reader does not know.`);
  return { ...column, categories: list(), missing: list(), formats: list(), century: words.number() };
}

/** A model that predicts row by row. */
export class Model {
  #plan;
  #cells;
  #texts;
  #steps;
  #registers;

  constructor(plan) {
    const unknown = plan.steps.find(([operation]) => !Object.hasOwn(OPERATIONS, operation));
    if (unknown) throw new PlanError(`The plan has the operation ${unknown[0]}, which this reader does not know; copy its reader too.`);
    this.#plan = plan;
    this.#cells = plan.columns.map(cellReader);
    this.#texts = plan.columns.map(textReader);
    this.#steps = plan.steps.map(([operation, given]) => OPERATIONS[operation](given, plan.arrays, plan.texts));
    this.#registers = new Float64Array(plan.registers);
    this.name = plan.name;
    this.version = plan.version;
    this.task = plan.task;
    this.target = plan.target;
    this.columns = plan.columns;
    this.labels = plan.labels.map((text) => labelOf(text, plan.labelType));
    this.labelTexts = plan.labels;
    this.threshold = plan.threshold;
    this.ordered = plan.ordered;
    this.hasInterval = plan.interval !== null;
    this.operations = [...new Set(plan.steps.map(([operation]) => operation))];
  }

  /**
   * Predict a row.
   *
   * @param {Object<string, string | number | boolean | Date | null | undefined>} row a value a column, null where it is
   *   missing; a text is read as a file of comma-separated values holds it; dates may be seconds since 1970
   * @throws {PlanError} where the row lacks a column
   */
  predict(row) {
    const plan = this.#plan;
    const r = this.#registers;
    plan.columns.forEach((column, i) => {
      if (!(column.name in row)) throw new PlanError(`The row lacks the column ${column.name}; give null where its value is missing.`);
      r[i] = this.#cells[i](row[column.name]);
    });
    const texts = plan.columns.map((column, i) => this.#texts[i](row[column.name]));
    for (const step of this.#steps) step(r, texts);
    const prediction = {
      scores: Array.from(plan.scores, (i) => r[i]),
      outputs: Array.from(plan.outputs, (i) => r[i]),
    };
    if (plan.labels.length) {
      prediction.code = this.#code(prediction.outputs);
      prediction.label = this.labels[prediction.code];
      prediction.labelText = plan.labels[prediction.code];
    } else prediction.value = prediction.outputs[0];
    if (plan.interval) [prediction.low, prediction.high] = plan.interval.map((i) => r[i]);
    return prediction;
  }

  /** The position of the predicted label. */
  #code(outputs) {
    if (this.#plan.ordered) {
      let total = 0;
      for (const p of outputs) total += p;
      let sum = 0;
      return outputs.findIndex((p) => (sum += p) >= 0.5 * total - 1e-12);
    }
    if (outputs.length === 2 && !Number.isNaN(this.#plan.threshold)) return outputs[1] >= this.#plan.threshold ? 1 : 0;
    return outputs.indexOf(Math.max(...outputs));
  }

  /** The value of a column as the plan holds it: a number, a position of its categories, seconds since 1970. */
  valueOf(column, value) {
    return this.#cells[this.columns.findIndex((one) => one.name === column)](value);
  }
}

function labelOf(text, type) {
  if (type === "bool") return text.toLowerCase() === "true" || text === "1";
  return type === "int" || type === "float" ? Number(text) : text;
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
