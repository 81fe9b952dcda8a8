// The operations of the scoring plan that read free texts: they take the texts of a row's columns beside its registers.

const SIGMA = 0x3a3;
const LAST_SIGMA = 0x3c2;
const BLANK = 32;
const single = Math.fround;

const isSpace = (c) =>
  (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c === 0x85 || c === 0xa0 || c === 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
  c === 0x2028 || c === 0x2029 || c === 0x202f || c === 0x205f || c === 0x3000;

/** The first characters of a text, as numbers. */
function pointsOf(text, most) {
  const points = [];
  for (let i = 0; i < text.length && points.length < most; i++) {
    const point = text.codePointAt(i);
    if (point > 0xffff) i += 1;
    points.push(point);
  }
  return points;
}

/** How many of the pairs in ascending order begin at a character or below. */
function pairsUpTo(pairs, point) {
  let low = 0;
  let high = pairs.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs[2 * middle] <= point) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isIn(ranges, point) {
  const place = pairsUpTo(ranges, point);
  return place > 0 && point <= ranges[2 * place - 1];
}

/** Whether the sigma at a place ends a word: behind a letter and before none, marks between passed over. */
function isLast(points, place, cased, passed) {
  let before = place - 1;
  let after = place + 1;
  while (before >= 0 && isIn(passed, points[before])) before -= 1;
  while (after < points.length && isIn(passed, points[after])) after += 1;
  return before >= 0 && isIn(cased, points[before]) && !(after < points.length && isIn(cased, points[after]));
}

/** Small letters, single blanks, and none at the ends. */
function cleaned(points, lower, cased, passed) {
  const letters = [];
  let blank = false;
  points.forEach((point, i) => {
    if (isSpace(point)) {
      blank = letters.length > 0;
      return;
    }
    if (blank) letters.push(BLANK);
    blank = false;
    const small = lower.get(point) ?? point;
    if (point === 0x130) letters.push(0x69, 0x307);
    else letters.push(point === SIGMA && small !== point && isLast(points, i, cased, passed) ? LAST_SIGMA : small);
  });
  return letters;
}

const textOf = (points) => {
  let text = "";
  for (const point of points) text += String.fromCodePoint(point);
  return text;
};

const placesOf = (texts, first) => new Map(texts.map((text, i) => [text, first + i]));

function sums([O, C, width, start, far, near, ...told], a, lists) {
  const [wordList, pairList, runList, rarity, damping, lowerPairs, letters, cased, passed, weights, offsets] = told;
  const words = placesOf(lists[wordList], 0);
  const pairs = new Map(Array.from(a[pairList], (pair, i) => [pair, words.size + i]));
  const firstRun = words.size + pairs.size;
  const runs = placesOf(lists[runList], firstRun);
  const idf = Float32Array.from(a[rarity]);
  const damped = a[damping];
  const lower = new Map();
  for (let i = 0; i < a[lowerPairs].length; i += 2) lower.set(a[lowerPairs][i], a[lowerPairs][i + 1]);
  const weight = Float32Array.from(a[weights]);
  const offset = Float32Array.from(a[offsets]);

  function countsOf(points) {
    const counts = new Map();
    const met = (gram) => { if (gram !== undefined) counts.set(gram, (counts.get(gram) ?? 0) + 1); };
    let before;
    for (let at = 0; at < points.length; at++) {
      let end = at;
      while (end < points.length && isIn(a[letters], points[end])) end += 1;
      if (end === at) continue;
      const word = words.get(textOf(points.slice(at, end)));
      met(word);
      if (before !== undefined && word !== undefined) met(pairs.get(before * words.size + word));
      before = word;
      at = end;
    }
    const spaced = [BLANK, ...points.slice(0, near), BLANK].map((point) => String.fromCodePoint(point));
    for (let at = 0; runs.size && at < spaced.length - 1; at++) {
      let run = spaced[at];
      for (let k = 1; k < 4 && at + k < spaced.length; k++) met(runs.get((run += spaced[at + k])));
    }
    return counts;
  }

  return (r, texts) => {
    const counts = countsOf(cleaned(pointsOf(texts[C], far), lower, a[cased], a[passed]));
    const grams = Uint32Array.from(counts.keys()).sort();
    const values = Float32Array.from(grams, (gram) => damped[Math.min(counts.get(gram), damped.length - 1)] * idf[gram]);
    const lengths = [0, 0];
    grams.forEach((gram, i) => { lengths[gram < firstRun ? 0 : 1] += single(values[i] * values[i]); });
    const ends = lengths.map((length) => single(Math.sqrt(length)));
    const totals = new Float32Array(width);
    if (start >= 0) for (let k = 0; k < width; k++) totals[k] = r[start + k];
    grams.forEach((gram, i) => {
      const value = single(values[i] / ends[gram < firstRun ? 0 : 1]);
      for (let k = 0; k < width; k++) totals[k] += single(value * weight[gram * width + k]);
    });
    for (let k = 0; k < width; k++) r[O + k] = single(totals[k] + offset[k]);
  };
}

/** The logarithm of a whole number by sums and products alone. */
function logarithm(number) {
  let left = number;
  let power = 0;
  for (; left >= 1.5; left /= 2) power += 1;
  const s = (left - 1) / (left + 1);
  const square = s * s;
  let total = 0;
  for (let i = 12; i >= 0; i--) total = total * square + 1 / (2 * i + 1);
  return power * 0.6931471805599453 + 2 * s * total;
}

function shape([O, C, far]) {
  return (r, texts) => {
    const kinds = [0, 0, 0];
    let size = 0;
    let blanks = 0;
    for (let i = 0; i < texts[C].length; i++, size++) {
      const c = texts[C].codePointAt(i);
      if (c > 0xffff) i += 1;
      if (c === BLANK) blanks += 1;
      if (size < far && c > 32 && c < 128 && !(c >= 97 && c <= 122)) kinds[c >= 65 && c <= 90 ? 0 : c >= 48 && c <= 57 ? 1 : 2] += 1;
    }
    r[O] = logarithm(size + 1);
    r[O + 1] = logarithm(blanks + 2);
    for (let i = 0; i < 3; i++) r[O + 2 + i] = kinds[i] / Math.max(Math.min(size, far), 1);
  };
}

export const TEXT_STEPS = { text: sums, shape };
