"""Learn with what probability a build succeeds, judge it on tables that it has not seen, and write what is shipped.

    python benchmarks/assess_judged.py CACHE [--truth quick|build] [--lessons quick|build|mixed] [--out FILE]

CACHE is what assess_outcomes.py left. Families of tables are left out in turn. A case has succeeded where the outcome
on rows kept apart saves the margin, and more than nothing beyond noise (one-sided 95%). What is shipped has learned
from the outcomes of quick models; --truth build judges that beside full builds. Mixed lessons are the outcome of the
build where there is one, else that of quick models.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression

from journeyman.entities.use_case import CurvePoint, GroupRates, Probe
from journeyman.stages.success import SuccessModel, estimate_success, success_features, support_figures, write_model
from journeyman.stages.success.features import GAIN_NAMES, NAMES, gain_error, is_noise

SHIPPED = Path(__file__).resolve().parent.parent / "src" / "journeyman" / "stages" / "success" / "success.json"
MARGIN, MARGINS = 0.1, (0.05, 0.1, 0.2, 0.3)
SURE = 1.645
_RIDGE = 10.0
OF_NOISE = 0.05
"""What gains of noise count: whatever is learned from them, they promise one success in ten at most."""


@dataclass(frozen=True)
class Example:
    """A case with what was seen of it and what came of it."""

    id: str
    family: str
    variant: str
    target: str
    null: bool
    first: Probe | None
    probe: Probe
    gain: float
    sure: float
    score: float
    seconds: float
    build_seconds: float

    def succeeded(self, margin: float) -> bool:
        return self.gain >= margin and self.sure > SURE

    @cached_property
    def lessons(self) -> tuple[tuple[list[float], bool, float], ...]:
        """Figures, whether it succeeded, and how much that counts: of both looks, at several margins."""
        found = []
        for probe, share in ((self.probe, 0.7), (self.first, 0.3)):
            for margin in MARGINS if probe is not None else ():
                weight = share * (3.0 if margin == MARGIN else 1.0) * (OF_NOISE if is_noise(probe) else 1.0)
                found.append((vector(success_features(probe, margin), NAMES), self.succeeded(margin), weight))
        return tuple(found)

    @cached_property
    def gain_figures(self) -> list[float]:
        return vector(success_features(self.probe, MARGIN), GAIN_NAMES)


def examples(cache: Path, truth: str, level: str) -> list[Example]:
    """Return the cases of a cache whose outcome of this kind is known; mixed is that of the build where there is one.

    Rows in order of time are judged beside the latest level of the target, or by ``level`` beside the mean of all.
    """
    found = []
    for file in sorted(cache.glob("*.json")):
        known = json.loads(file.read_text())
        if known.get("second") is None or "quick" not in known:
            continue
        built = file.with_suffix(".build")
        outcome = known["quick"]
        build = json.loads(built.read_text()) if built.exists() else {}
        if truth == "build" or (truth == "mixed" and "gain" in build):
            outcome = build
        if not np.isfinite(outcome.get("gain", np.nan)):
            continue  # nothing was kept apart, or a build was refused
        first = None if known["first"] is None else probe_of(known["first"])
        ending = "_in_time" if level == "latest" and "gain_in_time" in outcome else ""
        gain, sure, score = max(outcome[f"gain{ending}"], -1.0), outcome[f"t{ending}"], outcome["score"]
        seconds, spent = sum(known["seconds"]), build.get("build_seconds", np.nan)
        found.append(
            Example(
                id=known["id"],
                family=known["family"],
                variant=known["variant"],
                target=known["target"],
                null=known["null"],
                first=first,
                probe=probe_of(known["second"]),
                gain=gain,
                sure=sure,
                score=score,
                seconds=seconds,
                build_seconds=spent,
            )
        )
    # Tables in order of time give the same rows for several numbers.
    once = {(e.family, e.target, round(e.probe.gain, 9), round(e.gain, 9)): e for e in reversed(found)}
    return list(reversed(once.values()))


def probe_of(facts: dict[str, object]) -> Probe:
    curve = tuple(CurvePoint(**point) for point in facts["curve"])
    return Probe(**{**facts, "curve": curve, "groups": tuple(GroupRates(**g) for g in facts["groups"])})


def learn(known: Sequence[Example]) -> SuccessModel:
    """Return what is learned from cases: every family counts alike, however many of its cases there are."""
    sizes = {family: sum(e.family == family for e in known) for family in {e.family for e in known}}
    lessons = [(*lesson[:2], lesson[2] / sizes[e.family] ** 0.5) for e in known for lesson in e.lessons]
    x, y, w = (np.array(values) for values in zip(*lessons, strict=True))
    centre, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    fitted = LogisticRegression(C=_RIDGE, max_iter=300).fit((x - centre) / spread, y, sample_weight=w / w.mean() / 6.0)
    weight = fitted.coef_[0] / spread
    chance = {
        "constant": float(fitted.intercept_[0] - (weight * centre).sum()),
        **dict(zip(NAMES, weight.tolist(), strict=True)),
    }
    z = np.array([e.gain_figures for e in known])
    target = np.array([np.clip(e.gain, -0.3, 1.0) for e in known])
    each = np.array([1.0 / (gain_error(e.probe) + 0.03) for e in known])
    design = np.column_stack([np.ones(len(z)), z]) * each[:, None]
    ridge = np.diag([0.0, *([1.0] * z.shape[1])])
    coefficients = np.linalg.solve(design.T @ design + ridge, design.T @ (target * each))
    gain = {"constant": float(coefficients[0]), **dict(zip(GAIN_NAMES, coefficients[1:].tolist(), strict=True))}
    expected = np.column_stack([np.ones(len(z)), z]) @ coefficients
    errors = (target - np.clip(expected, -0.02, 0.999)) / np.array([gain_error(e.probe) for e in known])
    low, high = np.quantile(errors, [0.04, 0.96])
    figures = [support_figures(e.probe) for e in known]
    ranges = {name: (min(f[name] for f in figures), max(f[name] for f in figures)) for name in figures[0]}
    return SuccessModel(chance, gain, float(low), float(high), ranges, len(known), len(sizes))


def teach_enough(lessons: Sequence[Example], margin: float) -> bool:
    """Say whether successes and failures are left whichever family is left out."""
    both = [{e.family for e in lessons if e.succeeded(margin) is came} for came in (True, False)]
    return min(map(len, both)) > 1


def vector(figures: dict[str, float], names: Iterable[str]) -> list[float]:
    return [figures[name] for name in names]


def leave_out(
    known: Sequence[Example], lessons: Sequence[Example], margin: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return chances, expected gains with their intervals, and which cases are like the others, tables left out."""
    chances, gains, like = np.zeros(len(known)), np.zeros((len(known), 3)), np.zeros(len(known), bool)
    for family in sorted({e.family for e in known}):
        model = learn([e for e in lessons if e.family != family])
        for k, e in enumerate(known):
            if e.family != family:
                continue
            found = estimate_success(model, e.probe, margin)
            like[k] = found.probability is not None
            free = SuccessModel(model.chance, model.gain, model.low, model.high, {})
            chances[k] = estimate_success(free, e.probe, margin).probability
            gains[k] = found.gain, found.low, found.high
    return chances, gains, like


def calibration_error(chances: np.ndarray, succeeded: np.ndarray, bins: int = 10) -> float:
    """Return the mean distance of share and chance over ten bins of equal width, weighted by their cases."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    off = [abs(chances[place == b].mean() - succeeded[place == b].mean()) * (place == b).mean() for b in set(place)]
    return float(sum(off))


def report(known: Sequence[Example], lessons: Sequence[Example], kinds: tuple[str, str], margin: float) -> None:
    """Print how what was learned from lessons fares on the known outcomes; ``kinds`` names those and these."""
    chances, gains, like = leave_out(known, lessons, margin)
    succeeded = np.array([e.succeeded(margin) for e in known])
    true = np.array([e.gain for e in known])
    null = np.array([e.null for e in known])
    families = len({e.family for e in known})
    print(f"\n{kinds[1]} outcomes, margin {margin:g}: {len(known)} cases of {families} families, {null.sum()} shuffled")
    print(f"  {succeeded.mean():.0%} succeeded, {(~like).sum()} unlike the others")
    print(f"  learned from {len(lessons)} cases with {kinds[0]} outcomes")
    show("all", chances, succeeded, true, gains)
    show("like the others", chances[like], succeeded[like], true[like], gains[like])
    show("not shuffled", chances[~null], succeeded[~null], true[~null], gains[~null])
    timed = np.array([e.probe.ordered for e in known])
    for name, part in (("in order of time", timed), ("in no order", ~timed)):
        if part.any():
            show(name, chances[part], succeeded[part], true[part], gains[part])
    for variant in sorted({e.variant for e in known}):
        mine = np.array([e.variant == variant for e in known])
        said, came = chances[mine], succeeded[mine]
        brier = np.mean((said - came) ** 2)
        print(f"  {variant:16s} n {mine.sum():4d}  said {said.mean():.2f} (at most {said.max():.2f}), came "
              f"{came.mean():.2f}, Brier {brier:.3f}")  # fmt: skip
    edges = np.linspace(0, 1, 11)
    for low, high in pairwise(edges):
        mine = (chances >= low) & ((chances < high) | (high == 1.0))
        if mine.any():
            said, came = chances[mine].mean(), succeeded[mine].mean()
            print(f"  {low:.1f}-{high:.1f}: {mine.sum():4d} cases, said {said:.2f}, came {came:.2f}")
    worst = sorted(((c, e.id, e.variant) for c, e in zip(chances, known, strict=True) if e.null), reverse=True)[:5]
    print("  highest of shuffled targets:", [(round(float(c), 3), name, variant) for c, name, variant in worst])
    seconds, builds = np.array([e.seconds for e in known]), np.array([e.build_seconds for e in known])
    both = np.isfinite(builds)
    if both.any():
        share = seconds[both].sum() / builds[both].sum()
        print(f"  seconds of processor in {both.sum()} cases: two looks {seconds[both].mean():.2f}, "
              f"a build {builds[both].mean():.2f}, share {share:.2f}")  # fmt: skip


def print_agreement(builds: Sequence[Example], quick: Sequence[Example], margin: float) -> None:
    """Print how often builds come out as the quick models do on the same rows."""
    other = {e.id: e for e in quick}
    pairs = [(e, other[e.id]) for e in builds if e.id in other]
    for name, kept in (("all", pairs), ("in order of time", [p for p in pairs if p[0].probe.ordered])):
        if not kept:
            continue
        same = np.mean([a.succeeded(margin) == b.succeeded(margin) for a, b in kept])
        more = np.mean([a.succeeded(margin) and not b.succeeded(margin) for a, b in kept])
        print(f"builds beside quick models, {name}: {len(kept)} cases, {same:.0%} the same, {more:.0%} where the build "
              f"alone succeeds, rank correlation of the gains "
              f"{stats.spearmanr([a.gain for a, _ in kept], [b.gain for _, b in kept])[0]:.2f}")  # fmt: skip


def show(name: str, chances: np.ndarray, succeeded: np.ndarray, true: np.ndarray, gains: np.ndarray) -> None:
    brier, floor = np.mean((chances - succeeded) ** 2), succeeded.mean() * (1 - succeeded.mean())
    held = np.mean((true >= gains[:, 1]) & (true <= gains[:, 2]))
    by_chance, by_gain = stats.spearmanr(chances, true)[0], stats.spearmanr(gains[:, 0], true)[0]
    print(f"  {name:16s} n {len(chances):4d}  Brier {brier:.3f} (constant {floor:.3f})  calibration error "
          f"{calibration_error(chances, succeeded):.3f}  rank correlation with the gain: chance {by_chance:.2f}, "
          f"expected gain {by_gain:.2f}  intervals hold {held:.2f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--truth", choices=("quick", "build"), default="quick")
    parser.add_argument(
        "--lessons", choices=("quick", "build", "mixed"), default="quick", help="outcomes that are learned from"
    )
    parser.add_argument(
        "--level", choices=("latest", "mean"), default="latest", help="the baseline where time orders rows"
    )
    parser.add_argument("--out", type=Path, help="write the model here", default=None)
    parser.add_argument("--margin", type=float, default=MARGIN)
    options = parser.parse_args()
    known = examples(options.cache, options.truth, options.level)
    lessons = examples(options.cache, options.lessons, options.level)
    if not known or not teach_enough(lessons, options.margin):
        print(f"{len(known)} {options.truth} outcomes of {len(lessons)} cases to learn from are too few: more minutes")
        return
    if options.truth == "build":
        print_agreement(known, examples(options.cache, "quick", options.level), options.margin)
    report(known, lessons, (options.lessons, options.truth), options.margin)
    if options.out is not None:
        model = learn(lessons)
        options.out.write_bytes(write_model(model))
        print(f"{options.out.name}: {model.cases} cases of {model.families} families")


if __name__ == "__main__":
    main()
