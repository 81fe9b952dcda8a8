// Why a row is predicted so, and what if a column were different.

import { made, valueText } from "./form.mjs";
import { measureOf } from "./words.mjs";

const MOST = 8;
const POINTS = 81;
const STEPS = 200;
const DAY = 86400;
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
    ? `By how much ${name} is higher (+) or lower (\u2212) than it would be if that column alone had its usual value, the greatest first. These are differences of predictions, not causes.`
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

/** How a slider runs over a column: from its first to its ninety-ninth hundredth; dates by whole days, at the row's time of day. */
function scaleOf(column, own) {
  const [low, high] = [column.quantiles[0], column.quantiles.at(-1)];
  const start = column.kind === "date" ? low - ((((low - (own ?? low)) % DAY) + DAY) % DAY) : low;
  const steps = column.kind === "date" ? Math.floor((high - start) / DAY) : column.whole ? Math.round(high - low) : STEPS;
  const whole = column.kind === "date" || column.whole;
  return {
    low: start,
    high: column.kind === "date" ? start + steps * DAY : high,
    steps: Math.min(Math.max(steps, 1), STEPS),
    value: (share) => {
      if (column.kind === "date") return start + Math.round(share * steps) * DAY;
      return whole ? Math.round(low + share * (high - low)) : Number((low + share * (high - low)).toPrecision(6));
    },
    share(value) {
      return (value - this.low) / (this.high - this.low);
    },
  };
}

/** The columns that a slider can run over. */
function slidable(columns) {
  const runs = ({ kind, quantiles }) => quantiles.length > 0 && quantiles.at(-1) - quantiles[0] > (kind === "date" ? DAY : 0);
  return columns.filter((column) => (column.kind === "number" || column.kind === "date") && runs(column));
}

/** The part of what-if: a column, a slider, the curve beside it. */
export function buildWhatIf(model, columns, form) {
  const part = (id) => document.getElementById(id);
  const choices = slidable(columns);
  part("what-if").hidden = !choices.length;
  if (!choices.length) return () => {};
  const select = part("what-if-column");
  const slider = part("what-if-value");
  select.append(...choices.map(({ name }, i) => made("option", { value: i }, name)));
  const column = () => choices[select.value];

  let row = null;
  let prediction;
  let curve;
  let scale;
  let value; // the row's own until the slider is moved
  const answer = (other) => measureOf(model, prediction).of(model.predict({ ...row, [column().name]: other }));
  const draw = () => {
    const { text, name } = measureOf(model, prediction);
    const now = answer(value);
    const own = row[column().name];
    part("what-if-label").textContent = `${column().name}: ${valueText(column(), value)}`;
    slider.setAttribute("aria-valuetext", valueText(column(), value));
    part("what-if-answer").textContent = `With this value, ${name} would be ${text(now)}.`;
    const mark = own === null || !(scale.share(own) >= 0 && scale.share(own) <= 1) ? null : scale.share(own);
    const at = [Math.min(Math.max(scale.share(value), 0), 1), now];
    part("curve").replaceChildren(drawCurve({ curve, column: column(), text, name, at, mark, ends: [scale.low, scale.high] }));
  };
  const renew = () => {
    const own = row[column().name];
    scale = scaleOf(column(), own);
    value = own ?? scale.value(0.5);
    slider.max = String(scale.steps);
    slider.value = String(Math.round(scale.share(value) * scale.steps));
    const points = Math.min(scale.steps, POINTS - 1);
    curve = Array.from({ length: points + 1 }, (_, i) => {
      const other = scale.value(i / points);
      return [scale.share(other), answer(other)];
    });
    draw();
  };
  select.addEventListener("change", renew);
  slider.addEventListener("input", () => {
    value = scale.value(slider.valueAsNumber / scale.steps);
    draw();
  });
  part("what-if-use").addEventListener("click", () => form.write({ [column().name]: value }));
  return (newRow, newPrediction) => {
    const first = row === null;
    [row, prediction] = [newRow, newPrediction];
    if (first) select.value = String(strongest(model, choices, row, prediction));
    renew();
  };
}

/** The position of the column whose usual range moves the prediction most. */
function strongest(model, choices, row, prediction) {
  const { of } = measureOf(model, prediction);
  const swings = choices.map(({ name, quantiles }) => {
    const ends = [quantiles[1], quantiles.at(-2)].map((value) => of(model.predict({ ...row, [name]: value })));
    return Math.abs(ends[1] - ends[0]);
  });
  return Math.max(swings.indexOf(Math.max(...swings)), 0);
}

function drawCurve({ curve, column, text, name, at, mark, ends: [first, last] }) {
  const values = curve.map(([, y]) => y).filter(Number.isFinite);
  let [low, high] = [Math.min(...values, at[1]), Math.max(...values, at[1])];
  if (!(high - low > 1e-9 * Math.abs(high))) [low, high] = [low - (Math.abs(low) / 10 || 1), high + (Math.abs(high) / 10 || 1)];
  const x = (share) => LEFT + share * (WIDTH - LEFT - 14);
  const y = (value) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - BOTTOM - 16);
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${name}, for ${column.name} from ${valueText(column, first)} to ${valueText(column, last)}: from ${text(curve[0][1])} to ${text(curve.at(-1)[1])}` });
  for (const value of [low, (low + high) / 2, high]) {
    picture.append(svg("line", { class: "axis", x1: LEFT, x2: WIDTH - 14, y1: y(value), y2: y(value) }));
    picture.append(svg("text", { x: LEFT - 8, y: y(value) + 5, "text-anchor": "end" }, text(value)));
  }
  picture.append(svg("text", { x: LEFT, y: HEIGHT - 8 }, valueText(column, first)));
  picture.append(svg("text", { x: WIDTH - 14, y: HEIGHT - 8, "text-anchor": "end" }, valueText(column, last)));
  if (mark !== null) {
    picture.append(svg("line", { class: "own", x1: x(mark), x2: x(mark), y1: 8, y2: HEIGHT - BOTTOM }));
    const side = mark > 0.8 ? { "text-anchor": "end", x: x(mark) - 6 } : { x: x(mark) + 6 };
    const under = y(at[1]) > HEIGHT / 2 ? 18 : HEIGHT - BOTTOM - 6; // where the curve is not
    picture.append(svg("text", { ...side, y: under }, "this row"));
  }
  const path = curve.map(([share, value], i) => `${i ? "L" : "M"}${x(share).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  picture.append(svg("path", { class: "line", d: path }));
  picture.append(svg("circle", { class: "dot", cx: x(at[0]), cy: y(at[1]), r: 7 }));
  return picture;
}
