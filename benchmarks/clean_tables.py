"""How well `journeyman clean` finds errors, and whether what it proves for a target helps on clean rows held out.

Two measurements, each a line a table as it comes and a table of means at the end:

- errors found: tables of a folder ``dirty/NAME/dirty.csv.gz`` with ``clean.csv.gz`` beside, without labels and with 20
  labelled rows, over several seeds;
- steps proved: tables of ``index.json`` of group tabular with five kinds of planted errors. A third of the rows stays
  clean and unseen; models that learn from the dirty and from the cleaned rest are compared on it, with a bootstrap
  interval of the difference.
"""

from __future__ import annotations

import argparse
import json
import string
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

from journeyman.api.clean_files import align_clean, read_texts
from journeyman.entities.cleaning import CleaningRequest, Correction, TableReview, TextTable, text_table
from journeyman.entities.file_style import AS_FOUND
from journeyman.pipelines.clean import review_table

_ROWS, _UNSEEN = 2_000, 4_000  # of a table: that errors are planted in at most, and that stay clean and unseen
_NUMERIC = 0.9


def _texts(table: TextTable) -> np.ndarray:
    return np.column_stack([np.array(c.values, object)[c.codes] for c in table.columns])


def measure_detection(folder: Path, seeds: int, labels: int) -> None:
    """Print precision, recall and F1 of each dirty table, and how often suggestions are right."""
    for place in sorted(p for p in folder.iterdir() if (p / "dirty.csv.gz").exists()):
        dirty = read_texts(str(place / "dirty.csv.gz"), AS_FOUND)
        clean, _ = align_clean(dirty, read_texts(str(place / "clean.csv.gz"), AS_FOUND))
        wanted = _texts(clean)
        wrong = _texts(dirty) != wanted
        for number in (0, labels):
            runs = []
            for seed in range(seeds if number else 1):
                began = time.process_time()
                review = review_table(dirty, CleaningRequest(None, number, seed), (), _teacher(clean))
                runs.append((*_scores(review, dirty, wrong, wanted), time.process_time() - began))
            f1, precision, recall, repairs, seconds = np.mean(runs, axis=0)
            spread = np.min([run[0] for run in runs]), np.max([run[0] for run in runs])
            print(
                f"{place.name[:44]:44s} labels {number:3d}  F1 {f1:.3f} ({spread[0]:.3f} to {spread[1]:.3f})  "
                f"precision {precision:.2f}  recall {recall:.2f}  suggestions right {repairs:.2f}  "
                f"{seconds:.1f} s of a processor",
                flush=True,
            )


def _teacher(clean: TextTable) -> Callable[[int], Correction]:
    return lambda row: Correction(row, clean.row(row))


def _scores(review: TableReview, dirty: TextTable, wrong: np.ndarray, wanted: np.ndarray) -> tuple[float, ...]:
    places = {name: place for place, name in enumerate(dirty.names)}
    cells = [(s.row, places[s.column], s.suggestion) for s in review.suspects]
    hits = [(row, column, text) for row, column, text in cells if wrong[row, column]]
    precision, recall = len(hits) / max(1, len(cells)), len(hits) / max(1, int(wrong.sum()))
    right = sum(text == wanted[row, column] for row, column, text in hits) / max(1, len(hits))
    return 2 * precision * recall / max(1e-9, precision + recall), precision, recall, right


def _typos(frame: pd.DataFrame, target: str, rng: np.random.Generator) -> pd.DataFrame:
    texts = [c for c in frame if c != target and not _is_numeric(frame[c])]
    for column in texts or []:
        values = frame[column].to_numpy(object, copy=True)
        for row in np.flatnonzero(rng.random(len(frame)) < 0.08):
            text = str(values[row])
            if text:
                place = int(rng.integers(len(text)))
                letter = string.ascii_lowercase[int(rng.integers(26))]
                values[row] = text[:place] + letter + text[place + 1 :]
        frame[column] = values
    return frame


def _swaps(frame: pd.DataFrame, target: str, rng: np.random.Generator) -> pd.DataFrame:
    columns = [c for c in frame if c != target]
    if len(columns) < 2:
        return frame
    for _ in range(max(1, len(columns) // 4)):
        one, other = rng.choice(columns, 2, replace=False)
        rows = np.flatnonzero(rng.random(len(frame)) < 0.05)
        a, b = frame[one].to_numpy(object, copy=True), frame[other].to_numpy(object, copy=True)
        a[rows], b[rows] = b[rows].copy(), a[rows].copy()
        frame[one], frame[other] = a, b
    return frame


def _units(frame: pd.DataFrame, target: str, rng: np.random.Generator) -> pd.DataFrame:
    numeric = [c for c in frame if c != target and _is_numeric(frame[c])]
    for number, column in enumerate(rng.permutation(numeric)[: max(1, len(numeric) // 3)]):
        values = frame[column].to_numpy(object, copy=True)
        for row in np.flatnonzero(rng.random(len(frame)) < 0.15):
            if values[row]:
                values[row] = f"{values[row]} cm" if number % 2 == 0 else f"{float(values[row]) * 1000:g}"
        frame[column] = values
    return frame


def _labels(frame: pd.DataFrame, target: str, rng: np.random.Generator) -> pd.DataFrame:
    share = rng.uniform(0.05, 0.2)
    values = frame[target].to_numpy(object, copy=True)
    rows = np.flatnonzero(rng.random(len(frame)) < share)
    values[rows] = rng.permutation(values)[: len(rows)]
    frame[target] = values
    return frame


def _doubles(frame: pd.DataFrame, target: str, rng: np.random.Generator) -> pd.DataFrame:
    copies = frame.iloc[rng.choice(len(frame), len(frame) // 4)]
    return pd.concat([frame, copies], ignore_index=True)


_PLANTS = {"typos": _typos, "swaps": _swaps, "units": _units, "labels": _labels, "doubles": _doubles}


def _is_numeric(values: pd.Series) -> bool:
    filled = values[values != ""]
    return bool(pd.to_numeric(filled, errors="coerce").notna().mean() > _NUMERIC)


def _matrix(frame: pd.DataFrame, like: pd.DataFrame) -> np.ndarray:
    columns = []
    for name in frame:
        if _is_numeric(like[name]):
            columns.append(pd.to_numeric(frame[name], errors="coerce").to_numpy(float))
        else:
            order = {text: code for code, text in enumerate(like[name].value_counts().index)}
            columns.append(frame[name].map(order).to_numpy(float))
    return np.column_stack(columns)


def _losses(learned: pd.DataFrame, unseen: pd.DataFrame, target: str, names: Sequence[str]) -> np.ndarray:
    """Return each unseen row's loss: 1 for a wrong class, or the squared error."""
    learned = learned[learned[target] != ""]
    inputs = learned.drop(columns=target)
    x, new = _matrix(inputs, inputs), _matrix(unseen.drop(columns=target), inputs)
    total = np.zeros((len(new), max(1, len(names))))
    codes = {name: code for code, name in enumerate(names)}
    if names:
        usable = learned[target].isin(codes).to_numpy()
        x, y = x[usable], learned[target][usable].map(codes).to_numpy(float)
    else:
        y = pd.to_numeric(learned[target], errors="coerce").to_numpy(float)
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    settings = {"verbosity": -1, "learning_rate": 0.06, "num_leaves": 15, "bagging_fraction": 0.8, "bagging_freq": 1}
    settings |= {"num_threads": 1}
    settings |= {"objective": "multiclass", "num_class": len(names)} if names else {"objective": "regression"}
    for seed in range(3):
        found = lightgbm.train({**settings, "seed": seed}, lightgbm.Dataset(x, y), 120).predict(new)
        total += np.asarray(found).reshape(len(new), -1) / 3
    if names:
        return (total.argmax(axis=1) != unseen[target].map(codes).to_numpy()).astype(float)
    return (total[:, 0] - pd.to_numeric(unseen[target]).to_numpy(float)) ** 2


def _cleaned(frame: pd.DataFrame, review: TableReview) -> pd.DataFrame:
    new = frame.copy()
    columns = {name: new[name].to_numpy(object, copy=True) for name in new}
    for change in review.changes:
        columns[change.column][change.row] = change.after
    new = pd.DataFrame(columns, dtype=object)
    return new.drop(index=[one.row for one in review.removed]).reset_index(drop=True)


def measure_steps(data: Path, kinds: Sequence[str], most: int, shown: bool) -> None:
    """Print, for each table and kind of planted error, accepted steps and what they bring on clean unseen rows."""
    index = [e for e in json.loads((data / "index.json").read_text()) if e["file"].startswith("tabular/")]
    found: dict[str, list[tuple[bool, float, float]]] = {kind: [] for kind in kinds}
    for entry in index[:most]:
        target = entry["target"]
        whole = _read(data / entry["file"]).drop(columns=entry["drop_columns"], errors="ignore")
        whole = whole[whole[target] != ""].sample(frac=1.0, random_state=0).reset_index(drop=True)
        cut = min(_ROWS, 2 * len(whole) // 3)
        clean, unseen = whole[:cut], whole[cut : cut + _UNSEEN].reset_index(drop=True)
        names: tuple[str, ...] = ()
        if entry["task"] != "regression":
            names = tuple(sorted(set(clean[target])))
            unseen = unseen[unseen[target].isin(names)].reset_index(drop=True)
        best = _losses(clean, unseen, target, names)
        for kind in kinds:
            dirty = _PLANTS[kind](clean.copy(), target, np.random.default_rng(len(entry["name"])))
            began = time.process_time()
            review = review_table(text_table(entry["name"], dirty), CleaningRequest(target))
            seconds = time.process_time() - began
            before = _losses(dirty, unseen, target, names)
            off = before - (_losses(_cleaned(dirty, review), unseen, target, names))
            taken = [f"{step.name} (told {step.gain:.1%})" for step in review.steps if step.accepted]
            mean, error = float(off.mean() / before.mean()), float(off.std(ddof=1) / len(off) ** 0.5 / before.mean())
            found[kind].append((bool(taken), mean, error))
            verdict = f"{mean:+.1%} +- {error:.1%}: {', '.join(taken)}" if taken else "nothing taken"
            perfect = float(1.0 - best.mean() / before.mean())
            print(
                f"{entry['name'][:20]:20s} {kind:8s} {seconds:5.1f} s  perfect {perfect:+6.1%}  {verdict}", flush=True
            )
            for step in review.steps if shown else ():
                print(f"    {step.cells:6d} {step.gain:+.2%} p {step.p_value:.4f} {step.name}")
    for name, cases in {**found, "all": [case for one in found.values() for case in one]}.items():
        accepted = [(mean, error) for taken, mean, error in cases if taken]
        better, harmed = sum(m > 0 for m, _ in accepted), sum(m < -2 * e for m, e in accepted)
        print(f"{name:8s} {len(cases)} tables; taken in {len(accepted)}, better {better}, worse beyond noise {harmed}")


def _read(path: Path) -> pd.DataFrame:
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str, keep_default_na=False)
    return frame.astype(object).where(frame.notna(), "").map(str)


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with dirty/ and tabular/, index.json")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--labels", type=int, default=20)
    parser.add_argument("--only", choices=("detection", "steps"))
    parser.add_argument("--kinds", nargs="*", default=list(_PLANTS))
    parser.add_argument("--tables", type=int, default=1_000)
    parser.add_argument("--all-steps", action="store_true", help="print those that were not taken too")
    asked = parser.parse_args()
    if asked.only != "steps":
        measure_detection(asked.data / "dirty", asked.seeds, asked.labels)
    if asked.only != "detection":
        measure_steps(asked.data, asked.kinds, asked.tables, asked.all_steps)


if __name__ == "__main__":
    main()
