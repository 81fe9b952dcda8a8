"""Images beside scikit-learn: digits of 8 x 8 pixels in a table, and a folder of 10,000 images of 28 x 28.

    python benchmarks/kinds/images.py [--data ../shared/data] [--only digits | folder] [--budget 90s] [--images 10000]
                                      [--without-peers]

Digits are divided 75/25 with seed 0. The folder is made here: ten shapes, each anywhere, of any size and turn, under
noise; a quarter is kept for the end. Seconds are of the clock and of the processor, all processes together.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from journeyman.api.build import build
from journeyman.api.predict import predict_file

SIDE = 28
SHAPES = ("disc", "ring", "square", "frame", "triangle", "cross", "bar", "two bars", "moon", "two discs")


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    options.add_argument("--only", choices=("digits", "folder"))
    options.add_argument("--budget", default="90s")
    options.add_argument("--images", type=int, default=10_000)
    options.add_argument("--without-peers", action="store_true")
    given = options.parse_args()
    print("| images | model | accuracy | log loss | seconds | of the processor |")
    print("|---|---|---|---|---|---|", flush=True)
    if given.only != "folder":
        digits(given.data / "image" / "digits-8x8.csv.gz", given.budget, peers=not given.without_peers)
    if given.only != "digits":
        folder(given.images, given.budget, peers=not given.without_peers)


def digits(path: Path, budget: str, *, peers: bool) -> None:
    """Compare on flat pixels."""
    table = pd.read_csv(path)
    train, test = train_test_split(table, test_size=0.25, random_state=0)
    columns = [c for c in table.columns if c != "number_label"]
    x, new = train[columns].to_numpy(), test[columns].to_numpy()
    y, truth = train["number_label"].to_numpy(), test["number_label"].to_numpy()
    if peers:
        print_peers(f"digits {len(train):,}", x, y, new, truth)
    with tempfile.TemporaryDirectory() as place:
        train.to_csv(f"{place}/train.csv", index=False)
        test.drop(columns="number_label").to_csv(f"{place}/test.csv", index=False)

        def learn() -> np.ndarray:
            build(f"{place}/train.csv", target="number_label", budget=budget, workspace=place, name="m", quiet=True)
            found = predict_file("m", f"{place}/test.csv", out=f"{place}/out.csv", workspace=place)
            return probabilities(pd.read_csv(found.path))

        line(f"digits {len(train):,}", f"journeyman, {budget}", truth, learn)


def folder(count: int, budget: str, *, peers: bool) -> None:
    """Compare on a folder of made-up shapes."""
    rng = np.random.default_rng(0)
    y = np.arange(count) % len(SHAPES)
    images = np.stack([shape(SHAPES[k], rng) for k in y])
    train, test = train_test_split(np.arange(count), test_size=0.25, random_state=0, stratify=y)
    flat = images.reshape(count, -1) / 255.0
    name = f"folder {len(train):,} of {SIDE} x {SIDE}"
    few = len(train) <= 3_000  # the support vectors of more take many minutes
    if peers:
        print_peers(name, flat[train], y[train], flat[test], y[test], only=() if few else ("logistic",))
    with tempfile.TemporaryDirectory() as place:
        for part, rows in (("train", train), ("new", test)):
            for row in rows:
                at = Path(place) / part / (SHAPES[y[row]] if part == "train" else "")
                at.mkdir(parents=True, exist_ok=True)
                Image.fromarray(images[row]).save(at / f"{row:06d}.png")

        def learn() -> np.ndarray:
            build(f"{place}/train", budget=budget, workspace=place, name="m", quiet=True)
            found = predict_file("m", f"{place}/new", out=f"{place}/out.csv", workspace=place)
            answers = pd.read_csv(found.path).sort_values("file")
            return probabilities(answers, [f"probability of {s}" for s in SHAPES])

        line(name, f"journeyman, {budget}", y[np.sort(test)], learn)


def print_peers(
    name: str, x: np.ndarray, y: np.ndarray, new: np.ndarray, truth: np.ndarray, only: tuple[str, ...] = ()
) -> None:
    """Print a line for each plain model of scikit-learn and LightGBM."""
    models = {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
        "LightGBM": LGBMClassifier(n_estimators=200, learning_rate=0.1, verbose=-1),
        "RBF SVM": SVC(C=10.0, gamma="scale", probability=True, random_state=0),
    }
    for said, model in models.items():
        if only and said not in only:
            continue
        line(name, said, truth, lambda model=model: model.fit(x, y).predict_proba(new))


def line(name: str, model: str, truth: np.ndarray, learn: Callable[[], np.ndarray]) -> None:
    """Print a line of the table."""
    began, before = time.monotonic(), processor()
    found = learn()
    seconds, worked = time.monotonic() - began, processor() - before
    found = found / found.sum(axis=1, keepdims=True)
    right, loss = accuracy_score(truth, found.argmax(axis=1)), log_loss(truth, found)
    print(f"| {name} | {model} | {right:.4f} | {loss:.4f} | {seconds:.0f} | {worked:.0f} |", flush=True)


def probabilities(answers: pd.DataFrame, columns: list[str] | None = None) -> np.ndarray:
    """Return the probabilities of a file of predictions."""
    named = columns or [c for c in answers.columns if c.startswith("probability of ")]
    return answers[named].to_numpy()


def processor() -> float:
    """Return seconds of the processor, of this process and of those that it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def shape(name: str, rng: np.random.Generator) -> np.ndarray:
    """Return a shape of any size, place and turn under noise, shape (28, 28), uint8."""
    size, turn = rng.uniform(6.0, 10.0), rng.uniform(-0.5, 0.5)
    middle = SIDE / 2 + rng.uniform(-3.0, 3.0, 2)
    down, across = np.mgrid[:SIDE, :SIDE] - middle[:, None, None] + 0.5
    v = (down * np.cos(turn) - across * np.sin(turn)) / size
    u = (down * np.sin(turn) + across * np.cos(turn)) / size
    r, box = np.hypot(u, v), np.maximum(abs(u), abs(v))
    inside = {
        "disc": r < 0.9,
        "ring": (r < 1.0) & (r > 0.6),
        "square": box < 0.8,
        "frame": (box < 0.9) & (box > 0.55),
        "triangle": (v < 0.8) & (v > 2.0 * abs(u) - 0.8),
        "cross": ((abs(u) < 0.25) | (abs(v) < 0.25)) & (box < 1.0),
        "bar": (abs(u) < 0.3) & (abs(v) < 1.0),
        "two bars": (abs(abs(u) - 0.55) < 0.25) & (abs(v) < 1.0),
        "moon": (r < 1.0) & (np.hypot(u - 0.5, v) > 0.75),
        "two discs": np.hypot(abs(u) - 0.55, v) < 0.45,
    }[name]
    light, dark = rng.uniform(120.0, 255.0), rng.uniform(0.0, 60.0)
    return np.clip(np.where(inside, light, dark) + rng.normal(0.0, 25.0, inside.shape), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
