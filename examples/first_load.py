"""Load once what a build, a prediction and a service load, so that Python keeps it compiled."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress

import pandas as pd


def main() -> None:
    """Build from a few rows, predict them, and load the rest."""
    rows = pd.DataFrame({"x": range(60), "colour": ["red", "blue"] * 30, "y": [i % 2 for i in range(60)]})
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JOURNEYMAN_HOME"] = f"{folder}/home"  # nothing is to be learned from this
        with suppress(ImportError):  # an extra
            import catboost  # noqa: F401, PLC0415  # a candidate that so few trials may not reach
        import lightgbm  # noqa: F401, PLC0415  # likewise

        import journeyman  # noqa: PLC0415  # reads the variable above
        import journeyman.cli  # noqa: PLC0415  # the command, after that
        import journeyman.serving.serve  # noqa: PLC0415  # the service, after that

        journeyman.build(rows, target="y", trials=3, workspace=f"{folder}/workspace").predict(rows)


if __name__ == "__main__":
    main()
