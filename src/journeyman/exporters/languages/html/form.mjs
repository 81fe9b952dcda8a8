// The form: a field a column, and the row that it holds.

const MOST_OPTIONS = 60; // of a list; longer ones are typed, with suggestions
const DAY = 86400;
const OTHER = "\u0000other";

/** Return an element with properties and children. */
export function made(name, fields = {}, ...children) {
  const element = Object.assign(document.createElement(name), fields);
  element.append(...children);
  return element;
}

const trimmed = (x) => x.toLocaleString("en", { maximumSignificantDigits: 5, useGrouping: Math.abs(x) >= 10000 });

/** A moment as a field of the form holds it. */
export function momentText(seconds, clock) {
  return new Date(Math.round(seconds) * 1000).toISOString().slice(0, clock ? 16 : 10);
}

/** A value of a column in words. */
export function valueText(column, value) {
  if (value === null || value === undefined || value === "") return "missing";
  if (column.kind === "date") return momentText(value, column.clock).replace("T", " ");
  if (column.kind === "number") return `${trimmed(value)}${column.unit ? ` ${column.unit}` : ""}`;
  return String(value);
}

/** Return the field of a column: its element, and what reads and writes its value. */
function fieldOf(column, at) {
  const id = `column-${at}`;
  const hints = [];
  let input;
  let get = () => (input.value === "" ? null : input.value);
  let set = (value) => { input.value = value ?? ""; };
  const extra = [];
  if (column.kind === "number") {
    input = made("input", { type: "number", step: column.whole ? "1" : "any", inputMode: column.whole && column.minimum >= 0 ? "numeric" : "decimal" });
    get = () => (Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber);
    if (column.minimum !== null) hints.push(`trained on ${trimmed(column.minimum)} to ${trimmed(column.maximum)}${column.unit ? ` ${column.unit}` : ""}`);
    else if (column.unit) hints.push(column.unit);
  } else if (column.kind === "date") {
    input = made("input", { type: column.clock ? "datetime-local" : "date" });
    get = () => (input.value === "" ? null : Date.parse(`${input.value}${column.clock ? "Z" : "T00:00Z"}`) / 1000);
    set = (value) => { input.value = value === null ? "" : momentText(value, column.clock); };
    if (column.minimum !== null) hints.push(`trained on ${valueText(column, column.minimum)} to ${valueText(column, column.maximum)}`);
    if (column.clock) hints.push("UTC");
  } else if (column.kind === "text") {
    input = made("textarea", { rows: 3 });
  } else if (column.names.length <= MOST_OPTIONS) {
    const option = (text, value) => made("option", { value }, text);
    input = made("select", {}, option("missing", ""), ...column.names.map((name) => option(name, name)));
    if (column.kind === "category") input.append(option("another one", OTHER));
    get = () => (input.value === "" ? null : input.value === OTHER ? OTHER : input.value);
  } else {
    const list = made("datalist", { id: `${id}-names` }, ...column.names.map((name) => made("option", { value: name })));
    input = made("input", { type: "text" });
    input.setAttribute("list", list.id);
    extra.push(list);
    hints.push(`${column.names.length.toLocaleString("en")} names are known`);
  }
  input.id = id;
  const hint = hints.length ? [made("span", { className: "hint", id: `${id}-hint` }, hints.join("; "))] : [];
  if (hint.length) input.setAttribute("aria-describedby", `${id}-hint`);
  const label = made("label", { htmlFor: id }, column.name);
  const element = made("div", { className: column.kind === "text" ? "field whole" : "field" }, label, input, ...extra, ...hint);
  return { column, element, get, set };
}

/** Join what the plan and the facts say of each column. */
export function formColumns(model, facts) {
  return model.columns.map((column, i) => {
    const fact = { usual: null, minimum: null, maximum: null, quantiles: [], whole: false, ...facts.columns[i] };
    // quantiles may lie between two days where no value does
    const clock = column.kind === "date" && [fact.minimum, fact.maximum].some((x) => x !== null && x % DAY !== 0);
    if (column.kind === "date" && fact.usual !== null) fact.usual -= fact.usual % (clock ? 60 : DAY);
    const names = column.kind === "boolean" ? column.categories.slice(0, 2) : column.categories;
    return { ...column, ...fact, clock, names };
  });
}

/** Build the form in an element; return what reads the row, writes it, and hears of changes. */
export function buildForm(element, columns, changed) {
  const fields = columns.map(fieldOf);
  element.replaceChildren(...fields.map((field) => field.element));
  element.addEventListener("submit", (event) => event.preventDefault());
  element.addEventListener("input", changed);
  return {
    row: () => Object.fromEntries(fields.map(({ column, get }) => [column.name, get()])),
    write: (row) => {
      for (const { column, set } of fields) if (column.name in row) set(row[column.name]);
      changed();
    },
  };
}
