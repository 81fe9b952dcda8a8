// Tables as texts: RFC 4180, and what a spreadsheet puts on the clipboard.

/**
 * Return the rows of a table; a cell in double quotes may hold separators, line ends and doubled quotes.
 *
 * @param {string} text
 * @param {string} [separator] one sign; "," by default
 * @returns {string[][]}
 */
export function readTable(text, separator = ",") {
  const rows = [];
  let row = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      let end = at;
      do {
        const from = end + 1;
        end = text.indexOf('"', from);
        if (end < 0) throw new SyntaxError(`Row ${rows.length + 1}: a quote is opened and not closed.`);
        cell += text.slice(from, end);
        end += 1;
        if (text[end] === '"') cell += '"';
      } while (text[end] === '"');
      at = end;
    }
    const rest = at;
    while (at < text.length && text[at] !== separator && text[at] !== "\n" && text[at] !== "\r") at += 1;
    row.push(cell + text.slice(rest, at));
    if (text[at] === separator) {
      at += 1;
      if (at < text.length) continue;
      row.push("");
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at += 1;
    at += 1;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** Return a table as text; cells are quoted where they must be. */
export function writeTable(rows, separator = ",") {
  const quoted = (cell) => (/["\r\n]/.test(cell) || cell.includes(separator) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => `${row.map((cell) => quoted(String(cell))).join(separator)}\n`).join("");
}

/** Return a number so that reading it gives the same double. */
export function numberText(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  return Object.is(x, -0) ? "-0.0" : String(x);
}
