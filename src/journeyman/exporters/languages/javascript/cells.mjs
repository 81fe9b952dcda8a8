// Values of columns as the scoring plan holds them: texts as a file has them, or values of JavaScript.

const BLANKS = " \\t\\n\\r\\f\\v\\u00a0\\u202f\\ufeff\\u2009\\u3000\\u200b\\u200e\\u200f\\u2060";
const ENDS = new RegExp(`^[${BLANKS}]+|[${BLANKS}]+$`, "g");
const PLAIN = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH = "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const ZONE = "(?:Z|[+-][0-9]{2}:?[0-9]{2})";
const PARTS = {
  Y: "(?<Y>[0-9]{4})",
  y: "(?<y>[0-9]{2})",
  m: "(?<m>[0-9]{1,2})",
  d: "(?<d>[0-9]{1,2})",
  H: "(?<H>[0-9]{1,2})",
  I: "(?<I>[0-9]{1,2})",
  M: "(?<M>[0-9]{1,2})",
  S: "(?<S>[0-9]{1,2})",
  f: "(?<f>[0-9]{1,9})",
  b: `(?<b>${MONTH})`,
  B: `(?<b>${MONTH})`,
  p: "(?<p>[ap]m)",
  z: `(?<z>${ZONE})`,
};
const ISO = new RegExp(
  "^(?<Y>[0-9]{4})-(?<m>[0-9]{2})-(?<d>[0-9]{2})" +
    `(?:[T ](?<H>[0-9]{2}):(?<M>[0-9]{2})(?::(?<S>[0-9]{2})(?:\\.(?<f>[0-9]{1,9}))?)?(?<z>${ZONE})?)?$`,
);

/**
 * Return what reads a value of a column: texts, or what a caller has, to a double.
 *
 * @param {{name: string, kind: string, categories: string[], missing: string[], formats: string[], decimal: string,
 *   unit: string, century: number}} column
 */
export function cellReader(column) {
  const missing = new Set(["", ...column.missing.map((text) => text.toLowerCase())]);
  const readText = textReaders[column.kind](column);
  const isMissing = (text) => missing.has(text.toLowerCase());
  const nothing = column.kind === "category" ? -1 : NaN;
  return (value) => {
    if (value === null || value === undefined) return nothing;
    if (typeof value === "string") {
      const text = value.replace(ENDS, "");
      return isMissing(text) ? nothing : readText(text);
    }
    if (column.kind === "category") return Number.isNaN(value) ? -1 : readText(String(value));
    if (column.kind === "text") return NaN;
    const number = value instanceof Date ? value.getTime() / 1000 : Number(value);
    return Number.isFinite(number) ? number : NaN;
  };
}

const textReaders = { number: numberReader, boolean: booleanReader, category: categoryReader, date: dateReader, text: () => () => NaN };

function numberReader({ decimal, unit }) {
  const grouping = new RegExp(`[${BLANKS}'\u2019${decimal === "," ? "." : ","}]`, "g");
  return (text) => {
    if (unit && text.startsWith(unit)) text = text.slice(unit.length);
    else if (unit && text.endsWith(unit)) text = text.slice(0, -unit.length);
    text = text.replace(grouping, "");
    if (decimal === ",") text = text.replace(",", ".");
    return plainNumber(text);
  };
}

/** The number of a text; NaN where it is none or infinite. */
function plainNumber(text) {
  const number = PLAIN.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : NaN;
}

function booleanReader({ categories }) {
  const places = new Map();
  categories.forEach((name, i) => { if (!places.has(name.toLowerCase())) places.set(name.toLowerCase(), i % 2); });
  return (text) => places.get(text.toLowerCase()) ?? plainNumber(text);
}

function categoryReader({ categories }) {
  const places = new Map(categories.map((name, i) => [name, i]));
  return (text) => {
    const place = places.get(text);
    if (place !== undefined) return place;
    const number = plainNumber(text);
    return Number.isNaN(number) ? -1 : (places.get(shortest(number)) ?? -1);
  };
}

/** The shortest text of a number, as Python writes it: 3, 0.1, 1e-07, 1e+16. */
export function shortest(number) {
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return String(number);
  const size = Math.abs(number);
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(number) ? `${number}.0` : String(number);
  return number.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function dateReader({ formats, century }) {
  const patterns = [...formats.map(formatPattern), ISO];
  return (text) => {
    for (const pattern of patterns) {
      const match = pattern.exec(text);
      const seconds = match ? secondsOf(match.groups, century) : NaN;
      if (!Number.isNaN(seconds)) return seconds;
    }
    return NaN;
  };
}

function formatPattern(format) {
  let pattern = "";
  for (let i = 0; i < format.length; i++) {
    if (format[i] !== "%") pattern += format[i].replace(/[^A-Za-z0-9 ]/u, (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`);
    else {
      i += 1;
      if (!PARTS[format[i]]) throw new Error(`The format ${format} has %${format[i]}, which this reader does not know.`);
      pattern += PARTS[format[i]];
    }
  }
  return new RegExp(`^${pattern}$`, "iu");
}

/** Seconds since 1970 in UTC of the parts of a date; NaN where there is no such moment. */
function secondsOf(parts, century) {
  const whole = (name, otherwise) => (parts[name] === undefined ? otherwise : Number(parts[name]));
  const short = whole("y", 0) - (century % 100);
  const year = parts.Y === undefined ? century + ((short % 100) + 100) % 100 : whole("Y");
  const month = parts.b === undefined ? whole("m", 1) : MONTHS.indexOf(parts.b.slice(0, 3).toLowerCase()) + 1;
  const day = whole("d", 1);
  let hour = whole("H", 0);
  if (parts.I !== undefined) {
    if (whole("I") < 1 || whole("I") > 12) return NaN;
    hour = (whole("I") % 12) + (/^p/i.test(parts.p ?? "") ? 12 : 0);
  }
  const minute = whole("M", 0);
  const second = whole("S", 0);
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  const exists = year >= 1 && moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) return NaN;
  const zone = /^([+-])(\d\d):?(\d\d)$/.exec(parts.z ?? "");
  const east = zone ? Number(`${zone[1]}1`) * (Number(zone[2]) * 3600 + Number(zone[3]) * 60) : 0;
  const seconds = moment.getTime() / 1000 + hour * 3600 + minute * 60 + second - east;
  const micros = Number((parts.f ?? "").padEnd(6, "0").slice(0, 6));
  // whole microseconds, rounded once and then divided, as Python does
  return Number(BigInt(seconds) * 1000000n + BigInt(micros)) / 1e6;
}
