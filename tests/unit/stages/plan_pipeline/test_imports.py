"""A module imports what its text uses, and no more."""

from __future__ import annotations

from journeyman.stages.plan_pipeline.imports import import_lines, unknown_names


def test_names_that_a_module_reads_and_does_not_define() -> None:
    text = "LIMIT = 3\n\n\ndef clean(rows):\n    return np.log(rows[:LIMIT])\n"
    assert {"np", "LIMIT", "clean"} & unknown_names(text) == {"np"}


def test_imports_of_one_module_stand_together() -> None:
    imports = {"A": "from sklearn.x import A", "B": "from sklearn.x import B", "os": "import os"}
    assert import_lines({"A", "B", "os", "clean"}, imports, {"clean"}) == (
        "import os\n\nfrom sklearn.x import A, B\n\nfrom .preparation import clean\n"
    )
