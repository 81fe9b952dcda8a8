// The operations of the scoring plan: each takes its arguments and the plan's arrays, and returns what runs on registers.

import { TEXT_STEPS } from "./texts.mjs";

const bits = new BigUint64Array(1);
const double = new Float64Array(bits.buffer);
const WORD = (1n << 64n) - 1n;
const TINY = 1.0000000180025095e-35; // LightGBM's zero

const held = (x, low, high) => (x < low ? low : x > high ? high : x);
const finite = (x) => (Number.isFinite(x) ? x : NaN);

/** Values of a list of registers, as they are. */
function reader(registers) {
  const from = Int32Array.from(registers);
  const x = new Float64Array(from.length);
  return (r) => {
    for (let j = 0; j < from.length; j++) x[j] = r[from[j]];
    return x;
  };
}

function lines([O, features, outputs, weights, offsets], arrays) {
  const read = reader(arrays[features]);
  const w = arrays[weights];
  const offset = arrays[offsets];
  return (r) => {
    const x = read(r);
    for (let k = 0; k < outputs; k++) {
      let sum = x.length ? x[0] * w[k] : 0;
      for (let j = 1; j < x.length; j++) sum += x[j] * w[j * outputs + k];
      r[O + k] = sum + offset[k];
    }
  };
}

function overSum(r, from, n, sum) {
  for (let k = 0; k < n; k++) r[from + k] /= sum;
}

const features = {
  plain: ([O, C]) => (r) => { r[O] = finite(r[C]); },
  fill: ([O, columns, fill, shift, scale, limit, flagged], a) => (r) => {
    const from = a[columns];
    for (let i = 0; i < from.length; i++) {
      const x = r[from[i]];
      const z = ((Number.isFinite(x) ? x : a[fill][i]) - a[shift][i]) * a[scale][i];
      r[O + i] = limit !== 0 ? held(z, -limit, limit) : z;
    }
    for (let i = 0; i < a[flagged].length; i++) {
      r[O + from.length + i] = Number.isFinite(r[from[a[flagged][i]]]) ? 0 : 1;
    }
  },
  code: ([O, columns], a) => (r) => {
    for (let i = 0; i < a[columns].length; i++) {
      const x = r[a[columns][i]];
      r[O + i] = x < 0 ? NaN : x;
    }
  },
  onehot: ([O, C, n]) => (r) => {
    for (let k = 0; k < n; k++) r[O + k] = r[C] === k ? 1 : 0;
  },
  table: ([O, C, width, values], a) => {
    const last = a[values].length / width - 1;
    return (r) => {
      const row = r[C] < 0 ? last : r[C];
      for (let k = 0; k < width; k++) r[O + k] = a[values][row * width + k];
    };
  },
  calendar: ([O, C, parts, start, fill], a) => (r) => {
    const moment = new Date(Math.trunc(r[C]) * 1000);
    for (let i = 0; i < a[parts].length; i++) {
      const part = a[parts][i];
      const x = part === 6 ? (r[C] - start) / 86400 : partOf(moment, part);
      r[O + i] = Number.isNaN(x) ? fill : x;
    }
  },
  gaps: ([O, numbers, codes], a) => (r) => {
    let count = 0;
    for (const i of a[numbers]) if (!Number.isFinite(r[i])) count += 1;
    for (const i of a[codes]) if (r[i] < 0) count += 1;
    r[O] = count;
  },
  slot: ([O, C, size]) => (r) => { r[O] = r[C] < 0 ? size : r[C]; },
  bin: ([O, C, edges], a) => (r) => {
    const edge = a[edges];
    if (!Number.isFinite(r[C])) { r[O] = edge.length; return; }
    let low = 0;
    let high = edge.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edge[middle] < r[C]) low = middle + 1;
      else high = middle;
    }
    r[O] = low;
  },
  cell: ([O, A, B, stride, offset, table], a) => (r) => {
    r[O] = a[table][offset + stride * r[A] + (B < 0 ? 0 : r[B])];
  },
  weigh: ([O, A, B, wa, wb]) => (r) => { r[O] = finite(r[A] * wa + r[B] * wb); },
  product: ([O, A, B]) => (r) => { r[O] = finite(r[A] * r[B]); },
  ratio: ([O, A, B]) => (r) => { r[O] = finite(r[A] / r[B]); },
};

function partOf(moment, part) {
  switch (part) {
    case 0: return moment.getUTCFullYear();
    case 1: return moment.getUTCMonth() + 1;
    case 2: return moment.getUTCDate();
    case 3: return (moment.getUTCDay() + 6) % 7;
    case 4: {
      const newYear = new Date(moment);
      newYear.setUTCMonth(0, 1);
      return Math.round((moment - newYear) / 86400000) + 1;
    }
    default: return (moment.getUTCHours() * 3600 + moment.getUTCMinutes() * 60 + moment.getUTCSeconds()) / 3600;
  }
}

function trees([O, names, outputs, ...rest], arrays) {
  const [feature, threshold, flags, left, right, leaves, roots, starts, words] = rest.map((i) => arrays[i]);
  const read = reader(arrays[names]);
  const at = Int32Array.from(feature);
  const flag = Uint8Array.from(flags);
  const lower = Int32Array.from(left);
  const upper = Int32Array.from(right);
  const first = Int32Array.from(roots);
  const start = Int32Array.from(starts);
  const set = Uint32Array.from(words);
  const float32 = (flag[0] & 16) !== 0; // of all nodes alike
  const inSet = (x, s) => {
    const code = Math.trunc(x); // NaN is not at least 0
    if (!(code >= 0 && code < 2147483648)) return false;
    const word = start[s] + (code >>> 5);
    return word < start[s + 1] && ((set[word] >>> (code & 31)) & 1) === 1;
  };
  const goesLeft = (x, node) => {
    const f = flag[node];
    if (f & 8) return inSet(x, threshold[node]);
    if ((f & 3) === 2) {
      if (Number.isNaN(x)) return (f & 4) !== 0;
    } else {
      if (Number.isNaN(x)) x = 0;
      if ((f & 3) === 1 && x === 0) return (f & 4) !== 0;
    }
    return x <= threshold[node];
  };
  return (r) => {
    const x = read(r);
    for (let j = 0; j < x.length; j++) {
      if (float32) x[j] = Math.fround(x[j]);
      if (Math.abs(x[j]) <= TINY) x[j] = 0;
    }
    r.fill(0, O, O + outputs);
    for (let t = 0; t < first.length; t++) {
      let place = first[t];
      while (place >= 0) place = goesLeft(x[at[place]], place) ? lower[place] : upper[place];
      r[O + (t % outputs)] += leaves[-1 - place];
    }
  };
}

function forest([O, names, outputs, ...rest], arrays) {
  const [feature, threshold, left, right, leaf, answers, roots] = rest.map((i) => arrays[i]);
  const read = reader(arrays[names]);
  return (r) => {
    const x = read(r);
    for (let j = 0; j < x.length; j++) x[j] = Math.fround(x[j]);
    r.fill(0, O, O + outputs);
    for (const root of roots) {
      let node = root;
      while (left[node] !== node) node = x[feature[node]] > threshold[node] ? right[node] : left[node];
      for (let k = 0; k < outputs; k++) r[O + k] += answers[leaf[node] * outputs + k];
    }
    overSum(r, O, outputs, roots.length);
  };
}

function symmetric([O, names, outputs, ...rest], arrays) {
  const [numbers, coded, starts, tables, , input, border, leaves, bias] = rest.map((i) => arrays[i]);
  const depth = rest[4];
  const read = reader(arrays[names]);
  const inputs = new Float64Array(numbers.length + coded.length);
  const count = depth > 0 ? input.length / depth : 0;
  return (r) => {
    const x = read(r);
    for (let i = 0; i < numbers.length; i++) inputs[i] = Math.fround(x[numbers[i]]);
    for (let i = 0; i < coded.length; i++) {
      const code = Number.isNaN(x[coded[i]]) ? -1 : x[coded[i]];
      inputs[numbers.length + i] = tables[starts[i] + Math.min(code + 1, starts[i + 1] - starts[i] - 1)];
    }
    for (let k = 0; k < outputs; k++) r[O + k] = bias[k];
    for (let t = 0; t < count; t++) {
      let leaf = 0;
      for (let d = 0; d < depth; d++) if (inputs[input[t * depth + d]] > border[t * depth + d]) leaf |= 1 << d;
      const from = (t * 2 ** depth + leaf) * outputs;
      for (let k = 0; k < outputs; k++) r[O + k] += leaves[from + k];
    }
  };
}

function neighbours([O, names, outputs, ...rest], arrays) {
  const [columns, scale, rows, answers, copies, prior] = rest.map((i) => arrays[i]);
  const [number, near, classes] = rest.slice(6);
  const read = reader(arrays[names]);
  const width = columns.length;
  const distance = new Float64Array(copies.length);
  return (r) => {
    const x = read(r);
    const q = Array.from(columns, (c, j) => x[c] * scale[j]);
    for (let i = 0; i < copies.length; i++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += (rows[i * width + j] - q[j]) * (rows[i * width + j] - q[j]);
      distance[i] = Math.sqrt(sum);
    }
    const order = Uint32Array.from(copies, (_, i) => i).sort((a, b) => distance[a] - distance[b] || a - b);
    const nearest = order.subarray(0, number + 1);
    const reach = Math.max(distance[nearest[nearest.length - 1]], 1e-12);
    let total = 0;
    r.fill(0, O, O + outputs);
    for (const i of nearest.subarray(0, number)) {
      const share = distance[i] / reach;
      const weight = copies[i] * (near === 1 ? Math.max(1 - share * share, 1e-6) : 1);
      total += weight;
      for (let k = 0; k < outputs; k++) r[O + k] += weight * answers[i * outputs + k];
    }
    for (let k = 0; k < outputs; k++) {
      const mean = r[O + k] / total;
      r[O + k] = classes === 1 ? (mean * number + prior[k]) / (number + 1) : mean;
    }
  };
}

const models = {
  constant: ([O, values], a) => (r) => r.set(a[values], O),
  lines,
  trees,
  forest,
  symmetric,
  neighbours,
};

const nets = {
  squash: ([O, names, center, scale], a) => {
    const read = reader(a[names]);
    return (r) => {
      const x = read(r);
      for (let j = 0; j < x.length; j++) {
        const z = (x[j] - a[center][j]) * a[scale][j];
        r[O + j] = z / Math.sqrt(1 + (z / 3) * (z / 3));
      }
    };
  },
  waves: ([O, I, N, count, mixtures, ...rest], arrays) => {
    const [frequency, phase, mix, offset] = rest.map((i) => arrays[i]);
    const wave = new Float64Array(count);
    return (r) => {
      for (let n = 0; n < N; n++) {
        for (let w = 0; w < count; w++) {
          wave[w] = Math.cos(r[I + n] * frequency[n * count + w] + phase[n * count + w]);
        }
        for (let m = 0; m < mixtures; m++) {
          let sum = 0;
          for (let w = 0; w < count; w++) sum += wave[w] * mix[(n * count + w) * mixtures + m];
          r[O + n * mixtures + m] = sum + offset[n * mixtures + m];
        }
      }
    };
  },
  embed: ([O, C, size, width, values], a) => (r) => {
    const code = Math.trunc(r[C]);
    const row = r[C] >= 0 && code < size ? code : size - 1;
    for (let k = 0; k < width; k++) r[O + k] = a[values][row * width + k];
  },
  dense: lines,
  bend: ([O, I, N, kind, slopes], a) => (r) => {
    for (let k = 0; k < N; k++) {
      const z = r[I + k];
      const bent = kind === 0 ? selu(z) : mish(z);
      r[O + k] = z + a[slopes][k] * (bent - z);
    }
  },
};

const selu = (z) => 1.0507009873554805 * (Math.max(z, 0) + 1.6732632423543772 * Math.expm1(Math.min(z, 0)));

function mish(z) {
  const e = Math.exp(Math.min(z, 20));
  return z * ((e * (e + 2)) / (e * (e + 2) + 2));
}

const logistic = (s) => 1 / (1 + Math.exp(-s));

const predictions = {
  copy: ([O, I, N]) => (r) => { r.copyWithin(O, I, I + N); },
  logistic: ([O, I]) => (r) => {
    const p = logistic(r[I]);
    r[O] = 1 - p;
    r[O + 1] = p;
  },
  share: ([O, I]) => (r) => {
    const p = held(r[I], 0, 1);
    r[O] = 1 - p;
    r[O + 1] = p;
  },
  softmax: ([O, I, N]) => (r) => {
    let greatest = r[I];
    for (let k = 1; k < N; k++) greatest = Math.max(greatest, r[I + k]);
    let sum = 0;
    for (let k = 0; k < N; k++) sum += r[O + k] = Math.exp(r[I + k] - greatest);
    overSum(r, O, N, sum);
  },
  above: ([O, I, N, each, thresholds], a) => (r) => {
    const above = Array.from(a[thresholds], (t, i) => logistic((each === 1 ? r[I + i] : r[I]) - t)).sort((x, y) => y - x);
    let sum = 0;
    for (let k = 0; k <= N; k++) {
      r[O + k] = Math.max((k === 0 ? 1 : above[k - 1]) - (k === N ? 0 : above[k]), 1e-9);
      sum += r[O + k];
    }
    overSum(r, O, N + 1, sum);
  },
  clip: ([O, I, N, low, high]) => (r) => {
    for (let k = 0; k < N; k++) r[O + k] = held(r[I + k], low, high);
  },
  affine: ([O, I, N, shift, scale]) => (r) => {
    for (let k = 0; k < N; k++) r[O + k] = shift + scale * r[I + k];
  },
  divide: ([O, I, N, by]) => (r) => {
    for (let k = 0; k < N; k++) r[O + k] = r[I + k] / by;
  },
  add: ([O, I, J, N]) => (r) => {
    for (let k = 0; k < N; k++) r[O + k] = r[I + k] + r[J + k];
  },
  ordered: ([O, I, N, order], a) => (r) => {
    const sorted = r.slice(I, I + N).sort();
    for (let k = 0; k < N; k++) r[O + a[order][k]] = sorted[k];
  },
  mean: ([O, N, members, weights], a) => (r) => {
    for (let k = 0; k < N; k++) {
      let sum = a[weights][0] * r[a[members][0] + k];
      for (let i = 1; i < a[members].length; i++) sum += a[weights][i] * r[a[members][i] + k];
      r[O + k] = sum;
    }
  },
  temper: ([O, I, N, power]) => (r) => {
    let sum = 0;
    for (let k = 0; k < N; k++) sum += r[O + k] = held(r[I + k], 1e-7, 1) ** power;
    overSum(r, O, N, sum);
  },
  unscale: ([O, I, kind, most, low]) => (r) => {
    const x = held(r[I], 0, most);
    r[O] = kind === 0 ? Math.expm1(x) + low : x * x + low;
  },
  correct,
  known,
  spread,
  factor: ([O, C, at, logarithm, unknown], a) => (r) => {
    r[O] = factorOf(r[C], a[at], a[logarithm], unknown);
  },
  size: ([O, factors, base, low, high], a) => (r) => {
    let sum = base;
    for (const i of a[factors]) sum += r[i];
    r[O] = Math.exp(held(sum, low, high));
  },
  interval: ([O, I, lowest, highest, below, above, size]) => (r) => {
    const s = size < 0 ? 1 : r[size];
    const low = r[I + lowest] - below * s;
    const high = r[I + highest] + above * s;
    const apart = lowest !== highest;
    r[O] = apart ? Math.min(low, r[I]) : low;
    r[O + 1] = apart ? Math.max(high, r[I]) : high;
  },
};

function correct([O, I, N, classes, C, low, high, missing, ...rest], arrays) {
  const [numbers, lows, highs, coded, codes, center, spreads, weights, offset] = rest.map((i) => arrays[i]);
  const z = new Float64Array(numbers.length + coded.length + N);
  return (r) => {
    r.copyWithin(O, I, I + N);
    if (missing === 1 ? !Number.isNaN(r[C]) : !(r[C] >= low && r[C] < high)) return;
    let j = 0;
    for (let i = 0; i < numbers.length; i++) z[j++] = held(r[numbers[i]], lows[i], highs[i]);
    for (let i = 0; i < coded.length; i++) z[j++] = r[coded[i]] === codes[i] ? 1 : 0;
    for (let k = 0; k < N; k++) z[j++] = r[I + k];
    for (j = 0; j < z.length; j++) {
      z[j] = (z[j] - center[j]) / spreads[j];
      if (Number.isNaN(z[j])) z[j] = 0;
    }
    let total = 0;
    for (let k = 0; k < N; k++) {
      let sum = z[0] * weights[k];
      for (j = 1; j < z.length; j++) sum += z[j] * weights[j * N + k];
      r[O + k] = r[O + k] + offset[k] + sum;
      if (classes === 1) total += r[O + k] = held(r[O + k], 0.005, 1);
    }
    if (classes === 1) overSum(r, O, N, total);
  };
}

function mix(word) {
  word = ((word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n) & WORD;
  word = ((word ^ (word >> 27n)) * 0x94d049bb133111ebn) & WORD;
  return word ^ (word >> 31n);
}

function wordOf(value) {
  if (Number.isNaN(value)) return 0x7ff8000000000000n;
  double[0] = value === 0 ? 0 : value;
  return bits[0];
}

function known([O, I, N, prior, columns, high, low, labels], a) {
  const marks = BigUint64Array.from(a[high], (h, i) => (BigInt(h) << 32n) | BigInt(a[low][i]));
  return (r) => {
    r.copyWithin(O, I, I + N);
    let sum = 0n;
    a[columns].forEach((c, i) => { sum += mix((wordOf(r[c]) + BigInt(i + 1) * 0xd1342543de82ef95n) & WORD); });
    const mark = mix(sum & WORD);
    let first = 0;
    let end = marks.length;
    while (first < end) {
      const middle = (first + end) >> 1;
      if (marks[middle] < mark) first = middle + 1;
      else end = middle;
    }
    while (end < marks.length && marks[end] === mark) end += 1;
    const met = a[labels].subarray(first, end);
    if (!met.length) return;
    for (let k = 0; k < N; k++) {
      let count = 0;
      for (const label of met) count += N === 1 ? label : label === k ? 1 : 0;
      r[O + k] = (count + prior * r[I + k]) / (met.length + prior);
    }
  };
}

function spread([O, I, N, floor, levels, factors], a) {
  const level = a[levels];
  const places = Array.from(level, (_, k) => k).sort((x, y) => level[x] - level[y]);
  const below = places.filter((k) => level[k] < level[0]).reverse();
  const above = places.filter((k) => level[k] > level[0]);
  return (r) => {
    r.copyWithin(O, I, I + N);
    const m = r[I];
    for (let k = 0; k < level.length; k++) {
      const p = m + (r[I + k] - m) * a[factors][k];
      r[O + k] = Number.isNaN(floor) ? p : Math.max(p, floor);
    }
    let edge = r[O];
    for (const k of below) edge = r[O + k] = Math.min(r[O + k], edge);
    edge = r[O];
    for (const k of above) edge = r[O + k] = Math.max(r[O + k], edge);
  };
}

function factorOf(x, at, logarithm, unknown) {
  if (!at.length) return x >= 0 && Math.trunc(x) < logarithm.length ? logarithm[Math.trunc(x)] : unknown;
  if (!Number.isFinite(x)) return unknown;
  const last = at.length - 1;
  if (x >= at[last]) return logarithm[last];
  if (x <= at[0]) return logarithm[0];
  let i = 0;
  while (x >= at[i + 1]) i += 1;
  return ((logarithm[i + 1] - logarithm[i]) / (at[i + 1] - at[i])) * (x - at[i]) + logarithm[i];
}

/** Every operation that this reader knows. */
export const OPERATIONS = { ...features, ...TEXT_STEPS, ...models, ...nets, ...predictions };
