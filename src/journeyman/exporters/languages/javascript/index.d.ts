/** A row: a value a column, null where it is missing. A text is read as a file of comma-separated values holds it. */
export interface Row {
ROW
}

export type Label = LABEL;

export interface Column {
  readonly name: string;
  readonly kind: "number" | "boolean" | "category" | "date" | "text";
  readonly categories: readonly string[];
  readonly missing: readonly string[];
  readonly formats: readonly string[];
  readonly decimal: "." | ",";
  readonly unit: string;
  readonly century: number;
}

export interface Prediction {
  /** The sums before they become predictions. */
  scores: number[];
  /** PREDICTED. */
  outputs: number[];
FIELDS
}

/** A plan that cannot be read, or a row that lacks a column. */
export class PlanError extends Error {}

export class Model {
  readonly name: string;
  readonly version: number;
  readonly task: string;
  readonly target: string;
  readonly columns: readonly Column[];
  readonly labels: readonly Label[];
  readonly labelTexts: readonly string[];
  /** Probability of the second of two classes from which it is predicted; NaN for the most probable class. */
  readonly threshold: number;
  readonly ordered: boolean;
  readonly hasInterval: boolean;
  readonly operations: readonly string[];

  /** Predict a row. */
  predict(row: Row): Prediction;

  /** The value of a column as the plan holds it: a number, a position of its categories, seconds since 1970. */
  valueOf(column: keyof Row, value: Row[keyof Row]): number;
}

/** Read a plan, the text of plan.txt. */
export function readPlan(text: string): Model;
