"""A foreign log is watched as our own service is: the same rows give the same alarms at the same times."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyman.api.build import build
from journeyman.api.operate import LiveTraffic, OperatePlace, operate
from journeyman.api.operate_log import operate_log
from journeyman.cli.main import app
from journeyman.entities.foreign_log import LogColumns
from journeyman.entities.overview import Request, RequestKind
from journeyman.entities.prediction import Label, LogEntries, Part, Prediction
from journeyman.errors import ModelError
from journeyman.inference.load_release import load
from journeyman.serving.served_release import ServedRelease
from journeyman.stores.logs import open_log, usual_log
from journeyman.stores.workspace import Workspace

pytestmark = pytest.mark.slow

HOUR = 3_600_000
BEGUN = 1_767_225_600_000  # 2026-01-01
SPAN = 100 * HOUR
Alarms = dict[int, tuple[str, ...]]


def _rows(count: int, seed: int, turned: int) -> pd.DataFrame:
    """Return rows whose classes turn around from one of them on."""
    rng = np.random.default_rng(seed)
    x, c = rng.normal(size=count).round(3), rng.choice(list("ab"), count)
    yes = rng.random(count) < 1 / (1 + np.exp(-3 * x - (c == "a")))
    return pd.DataFrame({"x": x, "c": c, "y": np.where(yes ^ (np.arange(count) >= turned), "yes", "no")})


def _alarms(place: Path) -> Alarms:
    with Workspace.existing(place) as workspace:
        rounds = workspace.operations.rounds("m")
    return {r.end: tuple(sorted(s.code for s in r.watched.signals if s.alarming)) for r in rounds}


class _Replayed(LiveTraffic):
    """Traffic of the past, whose time is its own."""

    def begins(self, every: int) -> int:
        return BEGUN

    def now(self) -> int:
        return BEGUN + 800 * HOUR


def _paused(place: Path) -> None:
    with Workspace.existing(place) as workspace:
        workspace.operations.ask("m", Request(RequestKind.PAUSE, BEGUN - 1, "ann", None, ""))


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Return two workspaces with one release each, the same, and the log of what it answers in 800 hours."""
    folder = tmp_path_factory.mktemp("streams")
    rows, live = _rows(400, 1, 400), _rows(800, 2, 450)
    ours, theirs = folder / "ours", folder / "theirs"
    for place in (ours, theirs):
        build(rows, target="y", trials=2, name="m", workspace=place, quiet=True)
        _paused(place)
    release = load("m", workspace=ours)
    inputs = live[["x", "c"]]
    chances = pd.DataFrame(release.predict_proba(inputs), columns=[f"probability of {n}" for n in release.task.labels])
    log = inputs.assign(time=[(BEGUN + k * HOUR) / 1000 for k in range(800)], prediction=release.predict(inputs))
    log.join(chances).assign(label=live.y).to_csv(folder / "log.csv", index=False)
    served = ServedRelease(release)
    own = open_log(usual_log(ours, "m"))
    own.claim("m")
    for k, (row, truth) in enumerate(zip(inputs.to_dict("records"), live.y, strict=True)):
        [answer] = served.answer([row], Part.CHAMPION)
        content = msgspec.json.encode(answer)
        said = Prediction(
            1, Part.CHAMPION, "native", f'{{"x":{row["x"]},"c":"{row["c"]}"}}'.encode(), content, b"%d" % k
        )
        with own.writing():
            recorded = own.add(LogEntries((said,)), BEGUN + k * HOUR).predictions[0]
            assert recorded is not None
            own.add(LogEntries(labels=(Label(f'"{truth}"'.encode(), recorded.id),)), BEGUN + k * HOUR)
    own.close()
    return ours, theirs, folder / "log.csv"


def test_the_same_rows_give_the_same_alarms_at_the_same_times(streams: tuple[Path, Path, Path]) -> None:
    ours, theirs, log = streams
    settings = {"every": SPAN, "trials": 1}
    operate(OperatePlace("m", ours), settings, True, lambda _: None, None, _Replayed())
    rounds = operate_log(OperatePlace("m", theirs), str(log), LogColumns(), settings, True, lambda _: None)
    assert rounds == 7  # of the eighth span no later row tells that it has ended
    expected = {end: codes for end, codes in _alarms(ours).items() if end <= BEGUN + 7 * SPAN}
    assert _alarms(theirs) == expected
    alarmed = [end for end, codes in sorted(expected.items()) if codes]
    assert alarmed
    assert alarmed[0] > BEGUN + 450 * HOUR


def test_a_log_alone_is_watched_from_its_first_labels_on(streams: tuple[Path, Path, Path], tmp_path: Path) -> None:
    said: list[str] = []
    place = OperatePlace("m", tmp_path / "w")
    rounds = operate_log(place, str(streams[2]), LogColumns(), {"every": SPAN}, True, said.append)
    assert rounds == 5
    assert "known by its log alone: its first 200 labelled rows" in said[0]
    alarms = _alarms(tmp_path / "w")
    assert min(end for end, codes in alarms.items() if "DR101" in codes) > BEGUN + 450 * HOUR
    with pytest.raises(ModelError, match="only its log is to be had"):
        load("m", workspace=tmp_path / "w").predict({"x": [1.0], "c": ["a"]})
    with Workspace.existing(tmp_path / "w") as workspace:
        assert [v.version for v in workspace.registry.versions("m")] == [1]  # nothing was learned
    assert operate_log(place, str(streams[2]), LogColumns(), {}, True, said.append) == 0


def test_bad_logs_are_one_line_and_a_hint_and_nothing_is_written(tmp_path: Path) -> None:
    frame = _rows(50, 3, 50).assign(time=range(50), prediction="yes", label=lambda f: f.y).drop(columns="y")
    frame.to_csv(tmp_path / "short.csv", index=False)
    frame.drop(columns="prediction").to_csv(tmp_path / "silent.csv", index=False)
    frame.drop(columns="label").to_csv(tmp_path / "unlabelled.csv", index=False)
    place = tmp_path / "w"
    for words, message in (
        (("silent.csv",), "has no column 'prediction'"),
        (("short.csv", "--time", "when"), "no column 'when'"),
        (("short.csv",), "50 rows of the log have a prediction and a label"),
        (("unlabelled.csv",), "no column of the log tells labels"),
        (("none.csv", "--prediction", "p"), "there is no table"),
    ):
        log, *more = words
        command = ["operate", "m", "--log", str(tmp_path / log), *more, "--once", "--workspace", str(place)]
        told = CliRunner().invoke(app, command)
        assert (told.exit_code, len(told.output.strip().splitlines())) == (2, 2), told.output
        assert message in told.output
        assert not place.exists()
