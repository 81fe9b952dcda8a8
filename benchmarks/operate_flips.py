"""Champions while the world moves: how often they change on streams whose concepts alternate.

    python benchmarks/operate_flips.py [--runs 20]

The worlds are those of tests/properties/test_flips.py: six concepts by turns, labels 100 rows late, the judgement that
the loop uses. Without learning there are two releases, one of each concept, and each change of concept should change
the champion once at most. With learning, a model of both concepts comes first and a pure one later; what was replaced
in a concept should not come back in it.
"""

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np


def simulations() -> ModuleType:
    """Load the tests' module: one definition of the worlds for tests and figures."""
    path = Path(__file__).resolve().parent.parent / "tests" / "properties" / "test_flips.py"
    spec = importlib.util.spec_from_file_location("test_flips", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["test_flips"] = module
    spec.loader.exec_module(module)
    return module


def returns(changed: list[tuple[int, int]], concepts: int) -> int:
    """Return how often a release came back in the concept in which it was replaced."""
    champion, count = 1, 0
    for concept in range(concepts):
        releases = [champion, *(release for where, release in changed if where == concept)]
        count += len(releases) - len(set(releases))
        champion = releases[-1]
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    known = simulations()
    print("| rows a concept, noise | learns | changes a change of concept: mean, most | came back in a concept |")
    print("|---|---|---|---|")
    for length, noise in ((1_000, 0.3), (1_000, 1.0), (2_000, 0.3), (2_000, 1.0)):
        for learns in (False, True):
            made = [known.champions(known.World(seed, length, noise), learns=learns) for seed in range(runs)]
            counts = np.array([[sum(where == c for where, _ in one) for c in range(1, 6)] for one in made])
            back = sum(returns(one, 6) for one in made)
            words = f"{counts.mean():.2f}, {counts.max()}"
            print(f"| {length:,}, {noise} | {'yes' if learns else 'no'} | {words} | {back} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
