// Values of columns as the scoring plan holds them: texts as a file has them, or values of JavaScript.

const BLANKS = " \\t\\n\\r\\f\\v\\u00a0\\u202f\\ufeff\\u2009\\u3000\\u200b\\u200e\\u200f\\u2060";
const ENDS = new RegExp(`^[${BLANKS}]+|[${BLANKS}]+$`, "g");
const isBlank = new RegExp(`[${BLANKS}]`);
const PLAIN = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const DIGITS = /^[0-9]+$/;

const anyCase = (pattern) => pattern.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
const MONTHS = "january february march april may june july august september october november december".split(" ");
const MONTH = anyCase(MONTHS.map((name) => `${name.slice(0, 3)}(?:${name.slice(3)})?`).join("|"));
const PARTS = {
  Y: "(?<Y>[0-9]{4})",
  y: "(?<y>[0-9]{2})",
  m: "(?<m>[0-9]{1,2})",
  d: "(?<d>[0-9]{1,2})",
  H: "(?<H>[0-9]{1,2})",
  I: "(?<I>[0-9]{1,2})",
  M: "(?<M>[0-9]{2})",
  S: "(?<S>[0-9]{2})",
  f: "(?<f>[0-9]{1,9})",
  b: `(?<b>${MONTH})\\.?`,
  p: `(?<p>${anyCase("am|pm")})`,
  z: "(?<z>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)",
};
const EPOCHS = { epoch_s: 1e6, epoch_ms: 1e3, epoch_us: 1, epoch_ns: 1e-3 };

/**
 * Return what reads a value of a column: a text, or what a caller has, to a double.
 *
 * @param {{name: string, kind: string, categories: string[], missing: string[], formats: string[], decimal: string,
 *   unit: string, century: number}} column
 */
export function cellReader(column) {
  const readText = textReaders[column.kind](column);
  const nothing = column.kind === "category" ? -1 : NaN;
  const isMissing = numberSet(column.kind === "date" ? column.missing.map(readText) : column.missing.map(plainNumber));
  return (value) => {
    if (value === null || value === undefined) return nothing;
    if (column.kind === "text") return NaN;
    if (typeof value === "string") {
      const text = cleaned(value);
      return text === "" ? nothing : readText(text);
    }
    if (column.kind === "category") return Number.isNaN(value) ? -1 : readText(typeof value === "number" ? shortest(value) : String(value));
    const number = value instanceof Date ? value.getTime() / 1000 : Number(value);
    return Number.isFinite(number) && !isMissing(number) ? number : NaN;
  };
}

/** Return what reads a value of a column to the text that steps read: empty where it is missing, or the column holds none. */
export function textReader({ kind, missing, categories }) {
  if (kind !== "text") return () => "";
  const gone = new Set(missing);
  const signs = new Set(categories);
  const longest = Math.max(0, ...categories.map((sign) => sign.length));
  return (value) => {
    if (value === null || value === undefined || (typeof value === "number" && !Number.isFinite(value))) return "";
    const whole = typeof value === "number" ? shortest(value) : value === true ? "True" : value === false ? "False" : String(value);
    const text = trimmed(whole);
    return gone.has(text) || (text.length <= longest && signs.has(smallLetters(text))) ? "" : text;
  };
}

/** A text without blanks at its ends; a pattern would look at each of the blanks within again and again. */
function trimmed(text) {
  let from = 0;
  let end = text.length;
  while (from < end && isBlank.test(text[from])) from += 1;
  while (end > from && isBlank.test(text[end - 1])) end -= 1;
  return text.slice(from, end);
}

/** A text with small letters of Latin and Cyrillic; the sign of Kelvin is a k. */
function smallLetters(text) {
  return text.replace(/[A-Z\u00c0-\u00d6\u00d8-\u00de\u0410-\u042f\u212a]/g, (capital) =>
    capital === "\u212a" ? "k" : String.fromCharCode(capital.charCodeAt(0) + 32),
  );
}

const textReaders = { number: numberReader, boolean: booleanReader, category: categoryReader, date: dateReader, text: () => () => NaN };

/** A text without blanks at its ends, and without a pair of quotes around it. */
function cleaned(text) {
  text = text.replace(ENDS, "");
  if (text.startsWith('="')) text = text.slice(1);
  const quoted = text.length >= 2 && text[0] === text.at(-1) && (text[0] === "'" || text[0] === '"');
  return quoted ? text.slice(1, -1).replace(ENDS, "") : text;
}

/** The number of a plain text; NaN where it is none or infinite. */
function plainNumber(text) {
  const number = PLAIN.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : NaN;
}

/** Whether a number is one of a list, as numbers are compared. */
function numberSet(numbers) {
  const set = new Set(numbers.filter((number) => !Number.isNaN(number)));
  return (number) => set.has(number);
}

/** The shortest text of a number, as Python writes it: 3, 0.1, 1e-07, 1e+16. */
export function shortest(number) {
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return String(number);
  const size = Math.abs(number);
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(number) ? `${number}.0` : String(number);
  return number.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function numberReader({ decimal, unit, missing }) {
  const isMissing = numberSet(missing.map(plainNumber));
  const comma = decimal === ",";
  const grouped = new RegExp(
    `^(?<sign>[+-]?)(?<whole>[1-9][0-9]{0,2}(?<by>[${comma ? "." : ","} '_])[0-9]{3}(?:\\k<by>[0-9]{3})*|[0-9]*)` +
      `(?:${comma ? "," : "\\."}(?<part>[0-9]*))?(?<power>[eE][+-]?[0-9]+)?$`,
  );
  // the other sign divides decimals where it cannot divide groups
  const swapped = new RegExp(`^(?<whole>[+-]?[0-9]+)${comma ? "\\." : ","}(?<part>[0-9]{1,2}|[0-9]{4,})(?<power>[eE][+-]?[0-9]+)?$`);
  const read = (text) => {
    if (PLAIN.test(text) && !(comma && text.includes("."))) return plainNumber(text);
    if (text === "True" || text === "False") return text === "True" ? 1 : 0;
    if (unit && text.startsWith(unit)) text = text.slice(unit.length).replace(ENDS, "");
    else if (unit && text.endsWith(unit)) text = text.slice(0, -unit.length).replace(ENDS, "");
    let match = grouped.exec(text)?.groups;
    if (!match?.whole && !match?.part) match = swapped.exec(text)?.groups;
    if (!match) return NaN;
    const { sign = "", whole, part = "", power = "" } = match;
    return plainNumber(`${sign}${whole.replace(/[., '_]/g, "")}.${part}${power}`);
  };
  return (text) => {
    const number = read(text);
    return isMissing(number) ? NaN : number;
  };
}

function booleanReader({ categories, missing }) {
  const isMissing = numberSet(missing.map(plainNumber));
  const places = new Map();
  categories.forEach((name, i) => { if (!places.has(name.toLowerCase())) places.set(name.toLowerCase(), i % 2); });
  const numeric = categories[0] === "0" && categories[1] === "1";
  return (text) => {
    if (missing.includes(text)) return NaN;
    const place = places.get(text.toLowerCase());
    if (place !== undefined) return place;
    const number = plainNumber(text);
    if (Number.isNaN(number) || isMissing(number)) return NaN;
    return places.get(shortest(number)) ?? (numeric ? number : NaN);
  };
}

function categoryReader({ categories, missing, unit }) {
  const places = new Map();
  categories.forEach((name, i) => { if (!places.has(name)) places.set(name, i); });
  return (text) => {
    const place = places.get(text);
    if (place !== undefined) return place;
    const number = plainNumber(text);
    if (missing.includes(text) || Number.isNaN(number) || unit === "exact") return -1;
    if (unit !== "zeros") return places.get(shortest(number)) ?? -1;
    const digits = DIGITS.test(text) ? text : shortest(number);
    return DIGITS.test(digits) ? (places.get(digits.padStart(categories[0].length, "0")) ?? -1) : -1;
  };
}

function dateReader({ formats, century, missing }) {
  const read = formats.map((format) => (EPOCHS[format] ? epochReader(EPOCHS[format]) : momentReader(format, century)));
  const first = (text) => {
    for (const one of read) {
      const seconds = one(text);
      if (!Number.isNaN(seconds)) return seconds;
    }
    return NaN;
  };
  const isMissing = numberSet(missing.map(first));
  return (text) => {
    const seconds = missing.includes(text) ? NaN : first(text);
    return isMissing(seconds) ? NaN : seconds;
  };
}

function epochReader(micros) {
  return (text) => {
    const exact = plainNumber(text) * micros;
    if (!(Math.abs(exact) < 2 ** 62)) return NaN; // beyond what whole microseconds reach
    const whole = Math.round(exact);
    return (whole - exact === 0.5 && whole % 2 !== 0 ? whole - 1 : whole + 0) / 1e6; // halves to even
  };
}

function momentReader(format, century) {
  let pattern = "";
  for (let i = 0; i < format.length; i++) {
    if (format[i] !== "%") pattern += format[i].replace(/[^\w\s]/, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
    else {
      i += 1;
      if (!PARTS[format[i]]) throw new Error(`The format ${format} has %${format[i]}, which this reader does not know.`);
      pattern += PARTS[format[i]];
    }
  }
  const twoDigits = ["%Y-%m", "%Y/%m", "%m/%Y"].includes(format) || format.startsWith("%Y%m%d");
  const whole = new RegExp(`^${twoDigits ? pattern.replaceAll("{1,2}", "{2}") : pattern}$`);
  return (text) => {
    const match = whole.exec(text);
    return match ? secondsOf(match.groups, century) : NaN;
  };
}

/** Seconds since 1970 in UTC of the parts of a date; NaN where there is no such moment. */
function secondsOf(parts, century) {
  const whole = (name, otherwise) => (parts[name] === undefined ? otherwise : Number(parts[name]));
  const short = (((whole("y", 0) - century) % 100) + 100) % 100;
  const year = whole("Y", century + short);
  const month = parts.b === undefined ? whole("m", 1) : MONTHS.findIndex((name) => name.startsWith(parts.b.slice(0, 3).toLowerCase())) + 1;
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
  const isEnd = hour === 24 && minute === 0 && second === 0 && !/[1-9]/.test((parts.f ?? "").slice(0, 6)); // of the day
  if (!exists || (hour > 23 && !isEnd) || minute > 59 || second > 59) return NaN;
  const zone = /^([+-])(\d\d):?(\d\d)?$/.exec(parts.z ?? "");
  const east = zone ? Number(`${zone[1]}1`) * (Number(zone[2]) * 3600 + Number(zone[3] ?? 0) * 60) : 0;
  const seconds = moment.getTime() / 1000 + hour * 3600 + minute * 60 + second - east;
  const micros = (parts.f ?? "").padEnd(6, "0").slice(0, 6);
  // whole microseconds are rounded once and then divided, as the page of the plan says
  return Number(BigInt(seconds) * 1000000n + BigInt(micros)) / 1e6;
}
