"""A version appears when its folder is whole; the champion moves with it or by rollback; nothing counts twice."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from journeyman.entities.model_version import ModelVersion
from journeyman.errors import ReleaseError, SettingsError
from journeyman.stores.registry import _point, check_name
from journeyman.stores.releases import write_release
from journeyman.stores.workspace import Workspace


def release(
    workspace: Workspace, run: str, *, promote: bool = True, name: str = "houses", score: float = 0.5
) -> ModelVersion:
    number = workspace.registry.reserve(name, run)
    path = workspace.release_path(name, number)
    digest = write_release(workspace.path / path, {"model.txt": run.encode()}, {"run": run})
    version = ModelVersion(
        name, number, path, digest, f"2026-01-0{number}", "rmse", score, "release", promote, run, "data"
    )
    workspace.registry.register(version)
    return version


def test_versions_count_up_and_the_champion_follows(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        registry = workspace.registry
        assert registry.champion("houses") is None
        one = release(workspace, "r1")
        two = release(workspace, "r2", promote=False)
        assert registry.versions("houses") == (one, two)
        assert registry.champion("houses") == one
        three = release(workspace, "r3")
        assert registry.champion("houses") == three
        assert [v.champion for v in registry.versions("houses")] == [False, False, True]
        release(workspace, "r4", name="cars")
        assert [(v.name, v.version) for v in registry.list()] == [
            ("cars", 1),
            ("houses", 1),
            ("houses", 2),
            ("houses", 3),
        ]


def test_reserved_number_is_invisible_belongs_to_its_run_and_is_not_given_twice(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        registry = workspace.registry
        assert registry.reserve("m", "r1") == 1
        assert registry.reserve("m", "r1") == 1
        assert registry.reserve("m", "r2") == 2
        assert registry.reserve("other", "r1") == 1
        assert registry.list() == ()


def test_version_is_refused_before_its_folder_is_whole(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        number = workspace.registry.reserve("m", "r")
        version = ModelVersion("m", number, "releases/m/1", "0" * 64, "t", "rmse", 1.0, "release", True, "r")
        with pytest.raises(ReleaseError, match="not a release"):
            workspace.registry.register(version)
        write_release(tmp_path / "releases/m/1", {"a": b"1"}, {"run": "r"})
        with pytest.raises(ReleaseError, match="not the one to register"):
            workspace.registry.register(version)
        assert workspace.registry.list() == ()
        assert workspace.registry.history("m") == ()


def test_registering_again_changes_nothing(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        one = release(workspace, "r1")
        two = release(workspace, "r2")
        workspace.registry.rollback("houses", now="t")
        workspace.registry.register(two)  # a resumed run repeats itself
        assert workspace.registry.champion("houses") == one
        assert len(workspace.registry.versions("houses")) == 2


def test_number_of_another_run_is_refused(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        one = release(workspace, "r1")
        with pytest.raises(ReleaseError, match="belongs to another release"):
            workspace.registry.register(dataclasses.replace(one, run="r2"))


def test_rollback_goes_back_one_champion_at_a_time(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        registry = workspace.registry
        for run in ("r1", "r2", "r3"):
            release(workspace, run)
        assert registry.rollback("houses", now="t").version == 2
        assert registry.rollback("houses", now="t").version == 1
        with pytest.raises(SettingsError, match="no earlier champion"):
            registry.rollback("houses", now="t")
        assert registry.rollback("houses", 3, now="t").champion
        assert registry.rollback("houses", now="t").version == 1
        release(workspace, "r4")
        assert registry.rollback("houses", now="t").version == 1
        assert [r.move for r in registry.history("houses")].count("promoted") == 4


def test_rollback_to_what_is_not_there(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        release(workspace, "r1")
        with pytest.raises(SettingsError, match="has no version 9") as caught:
            workspace.registry.rollback("houses", 9, now="t")
        assert caught.value.hint == (
            "there is only 1 (the champion); `journeyman build TABLE --target COLUMN --name houses` makes another"
        )
        with pytest.raises(SettingsError, match="no earlier champion"):
            workspace.registry.rollback("houses", now="t")
        release(workspace, "r2", promote=False)
        way = "there is 1 (the champion), 2; `journeyman promote houses --version 2` makes version 2 the champion"
        for asked in (
            lambda r: r.rollback("houses", 9, now="t"),
            lambda r: r.rollback("houses", now="t"),
            lambda r: r.promote("houses", 9, now="t"),
        ):
            with pytest.raises(SettingsError) as caught:
                asked(workspace.registry)
            assert caught.value.hint == way
        assert len(workspace.registry.history("houses")) == 1, "a refusal changes nothing"
        with pytest.raises(SettingsError, match="no model is called 'housse'") as caught:
            workspace.registry.rollback("housse", now="t")
        assert "did you mean 'houses'" in caught.value.hint


def test_version_by_name_and_number(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        with pytest.raises(SettingsError, match="no model is called") as caught:
            workspace.registry.version("houses")
        assert "none yet" in caught.value.hint
        one = release(workspace, "r1", promote=False)
        with pytest.raises(SettingsError, match="no version of houses has been promoted"):
            workspace.registry.version("houses")
        assert workspace.registry.version("houses", 1) == one


def test_score_that_is_no_number_is_kept(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        release(workspace, "r1", score=math.nan)
        assert math.isnan(workspace.registry.version("houses").score)


@pytest.mark.parametrize("name", ["a", "A-b_9", "2020", "x" * 100])
def test_good_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-a", "é", "a\n", "x" * 101, "a.b", "../up"])
def test_bad_names_are_refused_with_a_name_that_works(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_name(name)
    assert check_name(caught.value.hint.split("'")[1])


def test_a_move_that_may_be_repeated_is_made_once_and_not_after_somebody_elses(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        registry = workspace.registry
        for number in (1, 2, 3):
            release(workspace, f"r{number}", promote=False)
        registry.promote("houses", 1, now="t1")
        assert registry.move("houses", 2, "promoted", after=1, now="t2")
        assert registry.move("houses", 2, "promoted", after=1, now="t3"), "done before"
        assert len(registry.history("houses")) == 2
        registry.rollback("houses", now="t4")
        assert not registry.move("houses", 2, "promoted", after=1, now="t5"), "a person came between"
        assert [(h.version, h.move) for h in registry.history("houses")][-1] == (1, "rolled back")
        assert registry.before("houses") is None
        with pytest.raises(SettingsError, match="no version 9"):
            registry.move("houses", 9, "promoted", after=3, now="t6")


def test_what_was_removed_is_told_and_never_answers(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        registry = workspace.registry
        for run in ("r1", "r2", "r3", "r4"):
            release(workspace, run, promote=run in ("r1", "r3"))
        registry.remove("houses", [1, 2, 3, 9], now="2026-05-01T10:00:00+00:00")
        registry.remove("houses", [1, 2], now="2026-06-01T10:00:00+00:00")
        assert [v.version for v in registry.versions("houses")] == [3, 4], "the champion stays whatever is asked"
        assert [(v.version, v.removed[:10]) for v in registry.removed("houses")] == [
            (1, "2026-05-01"),
            (2, "2026-05-01"),
        ]
        assert registry.removed("cars") == ()
        refused = [
            lambda: registry.version("houses", 2),
            lambda: registry.promote("houses", 2, now="t"),
            lambda: registry.rollback("houses", 1, now="t"),
            lambda: registry.rollback("houses", now="t"),
            lambda: registry.move("houses", 2, "promoted", after=2, now="t"),
        ]
        for ask in refused:
            with pytest.raises(SettingsError, match="was removed on 2026-05-01") as caught:
                ask()
            assert caught.value.hint == "there is 3, 4; `journeyman operate houses --keep-releases N` keeps more"
        assert len(registry.history("houses")) == 2
        assert release(workspace, "r5").version == 5, "a number never means two things"


def test_what_was_removed_after_it_was_looked_at_is_not_promoted(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        registry = workspace.registry
        release(workspace, "r1")
        release(workspace, "r2", promote=False)
        looked = registry.version("houses", 2)
        registry.remove("houses", [2], now="2026-05-01")
        with registry._database.writing() as connection, pytest.raises(SettingsError, match="was removed"):
            _point(connection, "houses", looked.version, "promoted", "t")
