// The page: reads the plan that it carries, and keeps its parts in step with the form.

import { buildForm, formColumns } from "./form.mjs";
import { answerTable, readPlan } from "./plan.mjs";
import { buildWhatIf, showReasons } from "./reasons.mjs";
import { buildSheet } from "./sheet.mjs";
import { readTable, writeTable } from "./table.mjs";
import { showAnswer } from "./words.mjs";

const part = (id) => document.getElementById(id);

/** The text of the plan, which is packed by gzip and base64 where that is shorter. */
async function planText() {
  const text = part("plan").textContent.trim();
  if (part("plan").dataset.packed !== "yes") return text;
  if (!("DecompressionStream" in globalThis)) throw new Error("This browser cannot unpack the model: use one from 2023 or later.");
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

async function start() {
  const facts = JSON.parse(part("facts").textContent);
  const model = readPlan(await planText());
  const columns = formColumns(model, facts);
  let later = 0;
  const renew = () => {
    later = 0;
    const row = form.row();
    const prediction = model.predict(row);
    showAnswer(part("answer"), model, facts, prediction);
    showReasons(part("reasons"), part("reasons-note"), model, columns, row, prediction);
    whatIf(row, prediction);
  };
  // one prediction for many events of one moment
  const form = buildForm(part("form"), columns, () => { later ||= setTimeout(renew); });
  const whatIf = buildWhatIf(model, columns, form);
  buildSheet(model, facts);
  const usual = Object.fromEntries(columns.map(({ name, usual: value }) => [name, value]));
  part("usual").addEventListener("click", () => form.write(usual));
  part("clear").addEventListener("click", () => form.write(Object.fromEntries(columns.map(({ name }) => [name, null]))));
  form.write(usual);
  return model;
}

/** For those who look into the page: the model, once it is read, and what answers tables. */
globalThis.journeyman = { model: start(), answerTable, readTable, writeTable };
globalThis.journeyman.model.catch((error) => { part("answer").textContent = error.message; });
