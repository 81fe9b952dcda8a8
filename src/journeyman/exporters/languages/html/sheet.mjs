// A pasted table: read, predict, show the first rows, hand out the whole.

import { made } from "./form.mjs";
import { numberText, readTable, writeTable } from "./table.mjs";

const SHOWN = 10; // rows
const SLICE = 40; // milliseconds between two looks at the page

/** Return the separator of a table: a tab as spreadsheets copy, else what the header has most of. */
export function separatorOf(text) {
  const head = text.slice(0, text.search(/[\r\n]|$/));
  if (head.includes("\t")) return "\t";
  return head.split(";").length > head.split(",").length ? ";" : ",";
}

/** Return the columns that predictions add to a table, and what fills them. */
export function answerColumns(model, facts, taken) {
  const free = (name) => (taken.has(name) ? free(`${name} (predicted)`) : name);
  if (model.labels.length) {
    return {
      names: [free(`predicted ${model.target}`), ...model.labelTexts.map((label) => free(`probability of ${label}`))],
      cells: (one) => [one.labelText, ...one.outputs.map(numberText)],
    };
  }
  const names = [free(`predicted ${model.target}`), ...facts.outputs.slice(1).map((name) => free(name))];
  if (model.hasInterval) names.push(free("low"), free("high"));
  return {
    names,
    cells: (one) => [...one.outputs.slice(0, 1 + facts.outputs.slice(1).length), ...(model.hasInterval ? [one.low, one.high] : [])].map(numberText),
  };
}

/** Predict a table's rows; resolves to the table with columns of predictions. Throws where a column is lacking. */
export async function predictTable(model, facts, text, told) {
  const separator = separatorOf(text);
  const [head, ...rows] = readTable(text, separator).filter((row) => row.length > 1 || row[0] !== "");
  if (!head || !rows.length) throw new SyntaxError("There are no rows: paste the header and at least one row.");
  const names = head.map((name) => name.trim());
  const places = model.columns.map(({ name }) => (names.includes(name) ? names.indexOf(name) : names.findIndex((one) => one.toLowerCase() === name.toLowerCase())));
  const lacking = model.columns.filter((_, i) => places[i] < 0).map(({ name }) => name);
  if (lacking.length) throw new SyntaxError(`The table lacks ${lacking.length === 1 ? "the column" : "the columns"} ${lacking.join(", ")}: the first row must name the columns.`);
  const added = answerColumns(model, facts, new Set(names));
  const answered = [[...head, ...added.names]];
  let seen = performance.now();
  for (const cells of rows) {
    const row = Object.fromEntries(model.columns.map(({ name }, i) => [name, cells[places[i]] ?? ""]));
    const full = Array.from(head, (_, i) => cells[i] ?? "");
    answered.push([...full, ...added.cells(model.predict(row))]);
    if (performance.now() - seen > SLICE) {
      told(`${answered.length - 1} of ${rows.length} rows`);
      await new Promise((resume) => { setTimeout(resume); });
      seen = performance.now();
    }
  }
  return { separator, width: head.length, rows: answered };
}

/** The part of the page for tables. */
export function buildSheet(model, facts) {
  const part = (id) => document.getElementById(id);
  const note = part("table-note");
  part("pasted").placeholder = model.columns.map(({ name }) => name).join("\t");
  let result = null;
  const refuse = (message) => {
    note.className = "refused";
    note.textContent = message;
  };
  part("score").addEventListener("click", async () => {
    result = null;
    part("download").hidden = part("table-result").hidden = true;
    part("score").disabled = true;
    note.className = "";
    try {
      result = await predictTable(model, facts, part("pasted").value, (text) => { note.textContent = text; });
      note.textContent = `${(result.rows.length - 1).toLocaleString("en")} ${result.rows.length === 2 ? "row is" : "rows are"} predicted.`;
      part("table-result").replaceChildren(preview(result));
      part("download").hidden = part("table-result").hidden = false;
    } catch (error) {
      refuse(error.message);
    } finally {
      part("score").disabled = false;
    }
  });
  part("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) part("pasted").value = await file.text();
  });
  part("download").addEventListener("click", () => {
    const tabs = result.separator === "\t";
    const blob = new Blob(["\ufeff", writeTable(result.rows, result.separator)], { type: "text/csv;charset=utf-8" });
    const link = made("a", { href: URL.createObjectURL(blob), download: `predictions.${tabs ? "tsv" : "csv"}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}

function preview({ rows, width }) {
  const cell = (kind, text, i) => made(kind, i >= width ? { className: "made" } : {}, i >= width && kind === "td" ? rounded(text) : text);
  const line = (row, kind) => made("tr", {}, ...row.map((text, i) => cell(kind, text, i)));
  const few = rows.slice(1, SHOWN + 1);
  const caption = rows.length - 1 > SHOWN ? [made("caption", {}, `The first ${SHOWN} rows`)] : [];
  return made("table", {}, ...caption, made("thead", {}, line(rows[0], "th")), made("tbody", {}, ...few.map((row) => line(row, "td"))));
}

const rounded = (text) => (/^-?[0-9.]+(e[+-][0-9]+)?$/.test(text) ? String(Number(Number(text).toPrecision(6))) : text);
