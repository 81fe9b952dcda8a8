// Why a row is predicted so, and what if a column were different.

import { made, valueText } from "./form.mjs";
import { measureOf } from "./words.mjs";

const MOST = 8;
const POINTS = 81;
const WIDTH = 560;
const HEIGHT = 230;
const LEFT = 66;
const BOTTOM = 34;

const svg = (name, attributes, text) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
};

/** Return what each column does: the prediction less the one with its usual value, the greatest first. */
export function effects(model, columns, row, prediction) {
  const { of } = measureOf(model, prediction);
  return columns
    .filter((column) => column.usual !== null && row[column.name] !== column.usual)
    .map((column) => {
      const usual = of(model.predict({ ...row, [column.name]: column.usual }));
      return { column, value: row[column.name], difference: of(prediction) - usual };
    })
    .filter(({ difference }) => Math.abs(difference) > 0)
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
}

/** Show the effects as bars to both sides. */
export function showReasons(element, note, model, columns, row, prediction) {
  const found = effects(model, columns, row, prediction);
  const { name, text } = measureOf(model, prediction);
  note.textContent = found.length
    ? `How much ${name} would change back if one column alone had its usual value: the greatest difference first. These are differences of predictions, not causes.`
    : "No column differs from its usual value in a way that changes the prediction.";
  const widest = Math.max(...found.map(({ difference }) => Math.abs(difference)));
  element.replaceChildren(
    ...found.slice(0, MOST).map(({ column, value, difference }) => {
      const share = (50 * Math.abs(difference)) / widest;
      const bar = made("i", { className: difference < 0 ? "less" : "" });
      bar.style.cssText = `left:${difference < 0 ? 50 - share : 50}%;width:${share}%`;
      const size = model.labels.length ? `${(100 * Math.abs(difference)).toFixed(1)} points` : text(Math.abs(difference));
      return made(
        "li",
        {},
        made("span", {}, `${column.name}: ${shown(column, value)} `, made("span", { className: "usual" }, `(usual: ${valueText(column, column.usual)})`)),
        made("span", { className: "amount" }, `${difference < 0 ? "\u2212" : "+"}${size}`),
        made("div", { className: "track" }, bar, made("b")),
      );
    }),
  );
}

const shown = (column, value) => (typeof value === "string" && value.startsWith("\u0000") ? "another one" : valueText(column, value));

/** The part of what-if: a column, a slider, the curve beside it. */
export function buildWhatIf(model, columns, form) {
  const part = (id) => document.getElementById(id);
  const choices = columns.filter(({ kind, quantiles }) => (kind === "number" || kind === "date") && quantiles.length && quantiles[0] < quantiles.at(-1));
  part("what-if").hidden = !choices.length;
  if (!choices.length) return () => {};
  const select = part("what-if-column");
  const slider = part("what-if-value");
  select.append(...choices.map(({ name }, i) => made("option", { value: i }, name)));
  const column = () => choices[select.value];
  const ends = () => [column().quantiles[0], column().quantiles.at(-1)];
  const valueAt = (share) => {
    const [low, high] = ends();
    const value = low + share * (high - low);
    if (column().kind === "date") return column().clock ? Math.round(value / 60) * 60 : Math.round(value / 86400) * 86400;
    return column().whole ? Math.round(value) : Number(value.toPrecision(6));
  };
  const place = (value) => {
    const [low, high] = ends();
    return (value - low) / (high - low);
  };
  const chosen = () => valueAt(slider.valueAsNumber / 200);

  let row;
  let prediction;
  let curve = [];
  const draw = () => {
    const { of, text, name } = measureOf(model, prediction);
    const value = chosen();
    const now = of(model.predict({ ...row, [column().name]: value }));
    part("what-if-label").textContent = `${column().name}: ${valueText(column(), value)}`;
    slider.setAttribute("aria-valuetext", valueText(column(), value));
    part("what-if-answer").textContent = `${name[0].toUpperCase()}${name.slice(1)} would be ${text(now)}.`;
    part("curve").replaceChildren(drawCurve({ curve, column: column(), text, name, at: [place(value), now], mark: rowPlace() }));
  };
  const rowPlace = () => {
    const own = row[column().name];
    return typeof own === "number" && place(own) >= 0 && place(own) <= 1 ? place(own) : null;
  };
  const renew = () => {
    const { of } = measureOf(model, prediction);
    curve = Array.from({ length: POINTS }, (_, i) => {
      const value = valueAt(i / (POINTS - 1));
      return [place(value), of(model.predict({ ...row, [column().name]: value }))];
    });
    draw();
  };
  const toRow = () => { slider.value = String(Math.round(200 * (rowPlace() ?? 0.5))); };
  select.addEventListener("change", () => { toRow(); renew(); });
  slider.addEventListener("input", draw);
  part("what-if-use").addEventListener("click", () => form.write({ [column().name]: chosen() }));
  return (newRow, newPrediction) => {
    [row, prediction] = [newRow, newPrediction];
    toRow();
    renew();
  };
}

function drawCurve({ curve, column, text, name, at, mark }) {
  const values = curve.map(([, y]) => y).filter(Number.isFinite);
  let [low, high] = [Math.min(...values, at[1]), Math.max(...values, at[1])];
  if (!(high - low > 1e-9 * Math.abs(high))) [low, high] = [low - (Math.abs(low) / 10 || 1), high + (Math.abs(high) / 10 || 1)];
  const x = (share) => LEFT + share * (WIDTH - LEFT - 14);
  const y = (value) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - BOTTOM - 16);
  const [first, last] = [column.quantiles[0], column.quantiles.at(-1)];
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${name}, for ${column.name} from ${valueText(column, first)} to ${valueText(column, last)}: from ${text(curve[0][1])} to ${text(curve.at(-1)[1])}` });
  for (const value of [low, (low + high) / 2, high]) {
    picture.append(svg("line", { class: "axis", x1: LEFT, x2: WIDTH - 14, y1: y(value), y2: y(value) }));
    picture.append(svg("text", { x: LEFT - 8, y: y(value) + 5, "text-anchor": "end" }, text(value)));
  }
  picture.append(svg("text", { x: LEFT, y: HEIGHT - 8 }, valueText(column, first)));
  picture.append(svg("text", { x: WIDTH - 14, y: HEIGHT - 8, "text-anchor": "end" }, valueText(column, last)));
  if (mark !== null) {
    picture.append(svg("line", { class: "row", x1: x(mark), x2: x(mark), y1: 8, y2: HEIGHT - BOTTOM }));
    const side = mark > 0.8 ? { "text-anchor": "end", x: x(mark) - 6 } : { x: x(mark) + 6 };
    picture.append(svg("text", { ...side, y: HEIGHT - BOTTOM - 6 }, "this row"));
  }
  const path = curve.map(([share, value], i) => `${i ? "L" : "M"}${x(share).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  picture.append(svg("path", { class: "line", d: path }));
  picture.append(svg("circle", { class: "dot", cx: x(at[0]), cy: y(at[1]), r: 7 }));
  return picture;
}
