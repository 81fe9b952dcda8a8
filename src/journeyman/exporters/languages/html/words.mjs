// Predictions in words.

import { made } from "./form.mjs";

/** A probability as a percentage that never rounds to certainty. */
export function percent(p) {
  if (p > 0 && p < 0.001) return "below 0.1%";
  if (p < 1 && p > 0.999) return "above 99.9%";
  return `${(100 * p).toFixed(p < 0.1 || p > 0.9 ? 1 : 0)}%`;
}

/** A value with the digits that its size asks for. */
export function amount(x) {
  if (!Number.isFinite(x)) return "no value";
  const size = Math.abs(x);
  if (size !== 0 && (size >= 1e12 || size < 1e-4)) return x.toExponential(3);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.max(size, 1e-4))));
  return x.toLocaleString("en", { maximumFractionDigits: Math.min(digits, 8) });
}

/** What is explained of a prediction: the probability of a label, or the value. */
export function measureOf(model, prediction) {
  if (!model.labels.length) return { of: (other) => other.outputs[0], text: amount, name: model.target };
  const { code } = prediction;
  return { of: (other) => other.outputs[code], text: percent, name: `the probability of ${prediction.labelText}` };
}

/** Show a prediction: in words first, then all probabilities or values. */
export function showAnswer(element, model, facts, prediction) {
  if (!model.labels.length) {
    const parts = [made("p", { className: "said" }, `${model.target}: ${amount(prediction.value)}`)];
    if (model.hasInterval) {
      const share = facts.coverage === null ? "" : ` It is meant to hold the true value in ${Math.round(100 * facts.coverage)} of 100 rows.`;
      parts.push(made("p", {}, `The interval reaches from ${amount(prediction.low)} to ${amount(prediction.high)}.${share}`));
    }
    if (prediction.outputs.length > 1) {
      const list = made("dl", { className: "chances" });
      prediction.outputs.forEach((x, i) => list.append(made("dt", {}, facts.outputs[i] ?? `value ${i}`), made("span"), made("dd", {}, amount(x))));
      parts.push(list);
    }
    element.replaceChildren(...parts);
    return;
  }
  const said = made("p", { className: "said" }, `${model.target}: ${prediction.labelText}`);
  const chance = prediction.outputs[prediction.code];
  const why = [`Its probability is ${percent(chance)}.`];
  const threshold = model.threshold;
  if (model.labels.length === 2 && !Number.isNaN(threshold) && threshold !== 0.5) {
    why.push(`${model.labelTexts[1]} is predicted from ${percent(threshold)} on.`);
  } else if (model.ordered && chance < Math.max(...prediction.outputs)) {
    why.push("It is the middle of the distribution over the ordered classes.");
  }
  const order = prediction.outputs.map((_, i) => i);
  if (!model.ordered) order.sort((a, b) => prediction.outputs[b] - prediction.outputs[a]);
  const list = made("dl", { className: "chances" });
  for (const i of order.slice(0, 12)) {
    const p = prediction.outputs[i];
    const bar = made("i");
    bar.style.cssText = `left:0;width:${100 * p}%`;
    list.append(
      made("dt", { className: i === prediction.code ? "predicted" : "" }, model.labelTexts[i]),
      made("div", { className: "track" }, bar),
      made("dd", {}, percent(p)),
    );
  }
  const rest = order.length > 12 ? [made("p", { className: "note" }, `${order.length - 12} further classes are less probable.`)] : [];
  element.replaceChildren(said, made("p", {}, why.join(" ")), list, ...rest);
}
