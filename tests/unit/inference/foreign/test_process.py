"""A foreign model's process: it answers, is confined, and is started again when it is gone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.foreign_models import PIPELINE, fitted, people, write_project

from journeyman.entities.foreign_model import ForeignColumn, ForeignKind, ForeignModel, ValueType
from journeyman.errors import ModelError, SchemaError
from journeyman.inference.foreign.process import ModelProcess

pytestmark = pytest.mark.slow

COLUMNS = (
    ForeignColumn("age", ValueType.NUMBER),
    ForeignColumn("children", ValueType.INTEGER),
    ForeignColumn("city", ValueType.TEXT),
)
ROWS = people(20, seed=1)
GIVEN = {
    "age": [None if age != age else age for age in ROWS.age.tolist()],
    "children": ROWS.children.tolist(),
    "city": ROWS.city.tolist(),
}


OBEDIENT = """
class Pipeline:
    classes_ = None

    @classmethod
    def load(cls, path):
        return cls()

    def predict(self, rows):
        told = [1.5] * len(rows)
        for act in set(rows.city):
            exec(act)
        return told
"""
"""A pipeline that does what the city says."""

ACTS = {
    "the network": ("import socket; socket.create_connection(('127.0.0.1', 9), 1)", "network"),
    "files of others": ("open({secret!r}).read()", "outside"),
    "writing": ("open('/var/tmp/journeyman-foreign', 'w')", "outside"),
}


def _process(folder: Path, pipeline: str, model: object, seconds: float = 60.0) -> ModelProcess:
    write_project(folder, pipeline, model)
    arguments = {"package": "toy", "file": "model.joblib", "code": "src"}
    told = ForeignModel(ForeignKind.PROJECT, "toy", COLUMNS, "stays", loader="project", arguments=arguments)
    return ModelProcess(told, folder, seconds=seconds)


def _given(act: str = "pass") -> dict[str, list[object]]:
    return {**GIVEN, "city": [act] * len(ROWS)}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelProcess]:
    """Give the process of a model that does what it is told."""
    made = _process(tmp_path_factory.mktemp("models") / "toy", OBEDIENT, "nothing")
    yield made
    made.close()


def test_it_answers_as_the_model_does(tmp_path: Path) -> None:
    model = fitted()
    process = _process(tmp_path / "toy", PIPELINE, model)
    told, rows = process.answer(GIVEN, len(ROWS)), ROWS[["age", "children", "city"]]
    assert list(told.values) == model.predict(rows).tolist()  # type: ignore[attr-defined]  # a pipeline
    assert told.probabilities is not None
    assert [list(one) for one in told.probabilities] == model.predict_proba(rows).tolist()  # type: ignore[attr-defined]  # as above
    assert process.describe()["classes"] == ["no", "yes"]
    pid = process.pid
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid or 0, 0)


def test_a_killed_process_is_started_again(process: ModelProcess) -> None:
    before = process.answer(_given(), len(ROWS))
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert process.answer(_given(), len(ROWS)) == before
    assert process.pid not in (None, pid)


def test_a_model_that_ends_its_process_is_told_and_the_next_question_is_answered(process: ModelProcess) -> None:
    with pytest.raises(ModelError, match="ended while it answered"):
        process.answer(_given("import os; os._exit(3)"), len(ROWS))
    assert list(process.answer(_given(), len(ROWS)).values) == [1.5] * len(ROWS)


@pytest.mark.parametrize("asked", ACTS)
def test_the_code_of_a_model_is_confined(process: ModelProcess, tmp_path: Path, asked: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    act, said = ACTS[asked]
    with pytest.raises(SchemaError, match=f"PermissionError.*{said}"):
        process.answer(_given(act.format(secret=str(secret))), len(ROWS))


def test_another_number_of_answers_is_refused(process: ModelProcess) -> None:
    with pytest.raises(ModelError, match="gave 19 answers for 20 rows"):
        process.answer(_given("told.pop()"), len(ROWS))


def test_what_a_model_prints_is_no_answer(process: ModelProcess) -> None:
    assert len(process.answer(_given("print('{}')"), len(ROWS)).values) == len(ROWS)


def test_a_model_that_never_comes_back_is_ended(tmp_path: Path) -> None:
    process = _process(tmp_path / "toy", OBEDIENT, "nothing", seconds=1.0)
    process.describe()
    with pytest.raises(ModelError, match="did not answer within 1 s"):
        process.answer(_given("while True: pass"), len(ROWS))
    assert process.pid is None


def test_a_model_whose_library_is_gone_says_so(tmp_path: Path) -> None:
    process = _process(tmp_path / "toy", "import a_library_that_is_not_there\n", "nothing")
    with pytest.raises(ModelError, match="cannot be opened: ModuleNotFoundError"):
        process.describe()
