"""Several targets of one table, and labels in lists: a model each, one name, one page, predictions side by side."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import journeyman
from journeyman.api.build_set import Common, TableToSpread
from journeyman.api.predict import predict_file
from journeyman.api.registry import models, report_path
from journeyman.api.report import report_of
from journeyman.errors import ReleaseError, SettingsError, SourceError, TargetError
from journeyman.inference.release_set import ReleaseSet

pytestmark = pytest.mark.slow


def shop(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Return goods with tags that their price, weight and colour explain, and stars that the price explains."""
    rng = np.random.default_rng(seed)
    price, weight = rng.uniform(1, 100, rows).round(2), rng.normal(5, 2, rows).round(2)
    colour = rng.choice(["red", "blue"], rows)
    chosen = {"sale": price < 40, "heavy, large": weight > 6, "gift": (colour == "red") & (rng.random(rows) < 0.5)}
    chosen["rare"] = np.arange(rows) < 3
    tags = ["; ".join(tag for tag, ok in chosen.items() if ok[i]) for i in range(rows)]
    stars = np.clip(price / 25 + rng.normal(1, 0.3, rows), 1, 5).round(1)
    return pd.DataFrame(
        {"sku": [f"s{i}" for i in range(rows)], "price": price, "weight": weight, "colour": colour, "tags": tags}
    ).assign(stars=stars)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("several")


@pytest.fixture(scope="module")
def table(place: Path) -> Path:
    path = place / "shop.csv"
    shop().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def tagged(place: Path, table: Path) -> ReleaseSet:
    one = partial(journeyman.build, trials=2, quiet=True)
    return journeyman.build_for_labels(one, TableToSpread(table, "tags"), Common("shop", workspace=place))


def test_each_label_has_a_model_and_what_is_rare_is_told(tagged: ReleaseSet, place: Path) -> None:
    facts = tagged.facts
    assert [member.target for member in facts.members] == ["sale", "heavy, large", "gift"]
    assert [member.model for member in facts.members] == ["shop-sale", "shop-heavy-large", "shop-gift"]
    assert facts.left_out == (("rare", "only 3 of 400 rows have it"),)
    assert all(member.score.value > 0.8 for member in facts.members[:2])
    assert {v.name for v in models(place)} == {"shop", *(member.model for member in facts.members)}
    page = report_path("shop", workspace=place).read_text(encoding="utf-8")
    assert "../../shop-sale/1/report.html" in page
    assert "only 3 of 400 rows have it" in page
    assert "Log loss" in page


def test_rows_in_are_rows_out_with_their_labels(tagged: ReleaseSet, place: Path) -> None:
    new = shop(57, seed=1)
    new.to_csv(place / "new.csv", index=False)
    done = predict_file("shop", place / "new.csv", out=place / "p.csv", workspace=place)
    told = pd.read_csv(place / "p.csv", keep_default_na=False)
    assert (done.rows, len(told)) == (57, 57)
    assert list(told.columns) == ["sku", "tags", "tags: sale", "tags: heavy, large", "tags: gift"]
    assert [tuple(t.split("; ")) if t else () for t in told["tags"]] == tagged.predict_labels(new)
    chance = tagged.releases["sale"].predict_proba(new)[:, 1]
    assert np.allclose(told["tags: sale"], chance, atol=1e-6)
    right = [("sale" in t) == ("sale" in labels) for t, labels in zip(new["tags"], told["tags"], strict=True)]
    assert np.mean(right) > 0.9
    assert not [f for f in done.findings if "tags" in f.subject]


def test_no_model_sees_another_target(place: Path, table: Path) -> None:
    one = partial(journeyman.build, trials=2, quiet=True)
    made = journeyman.build_for_targets(one, table, ["stars", "colour"], Common("two", workspace=place))
    assert {t: r.task.kind for t, r in made.releases.items()} == {"stars": "regression", "colour": "binary"}
    for target, other in (("stars", "colour"), ("colour", "stars")):
        assert other not in {column.name for column in made.releases[target].columns}
    told = made.predict(shop(9, seed=2))
    assert list(told.columns) == ["stars", "colour"]
    assert len(told) == 9
    again = journeyman.load_set("two", workspace=place)
    pd.testing.assert_frame_equal(again.predict(shop(9, seed=2)), told)


def test_the_champion_of_each_model_is_asked(tagged: ReleaseSet, place: Path, table: Path) -> None:
    moved = journeyman.build(
        place / "spread" / "shop.csv",
        target="tags: sale",
        name="shop-sale",
        trials=1,
        quiet=True,
        workspace=place,
        roles={"tags: gift": "ignored", "tags: heavy, large": "ignored"},
    )
    from journeyman.api.registry import promote  # noqa: PLC0415 - of this test alone

    promote("shop-sale", moved.version, workspace=place)
    assert journeyman.load_set("shop", workspace=place).releases["sale"].version == moved.version


def test_a_set_is_no_model_and_a_model_no_set(tagged: ReleaseSet, place: Path) -> None:
    with pytest.raises(ReleaseError, match="set of 3 models") as error:
        journeyman.load("shop", workspace=place)
    assert "shop-sale" in error.value.hint
    with pytest.raises(ReleaseError, match="set of 3 models"):
        report_of("shop", workspace=place)
    with pytest.raises(SettingsError, match="single model"):
        journeyman.load_set("shop-sale", workspace=place)


def test_what_cannot_be_built_is_said_in_one_line(place: Path, table: Path) -> None:
    one = partial(journeyman.build, trials=1, quiet=True)
    with pytest.raises(SettingsError, match="stands twice"):
        journeyman.build_for_targets(one, table, ["stars", "stars"], Common("x", workspace=place))
    common = Common("x", roles={"stars": "ignored"}, workspace=place)
    with pytest.raises(SettingsError, match="to be ignored"):
        journeyman.build_for_targets(one, table, ["stars", "price"], common)
    with pytest.raises(SourceError, match="no column 'tag'"):
        journeyman.build_for_labels(one, TableToSpread(table, "tag"), Common("x", workspace=place))
    with pytest.raises(TargetError, match="no label of 'sku'"):
        journeyman.build_for_labels(one, TableToSpread(table, "sku"), Common("x", workspace=place))
    assert "x" not in {v.name for v in models(place)}


def test_a_target_that_cannot_be_predicted_does_not_stop_the_others(place: Path) -> None:
    frame = shop().assign(same=1)
    one = partial(journeyman.build, trials=1, quiet=True)
    made = journeyman.build_for_targets(one, frame, ["same", "stars"], Common("some", workspace=place))
    assert list(made.releases) == ["stars"]
    assert [name for name, _ in made.facts.left_out] == ["same"]


def free_ports(count: int) -> int:
    """Return the first of so many ports in a row that are free."""
    for first in range(20_000, 60_000, 97):
        try:
            for port in range(first, first + count):
                with closing(socket.socket()) as one:
                    one.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    pytest.skip("no ports in a row are free")


def health(port: int, name: str) -> str:
    """Return what a service says of its models, once it answers."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/models", timeout=5) as told:
                return json.dumps(json.load(told))
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{name} does not answer on {port}")


def test_a_set_is_served_and_operated_by_its_name(tagged: ReleaseSet, place: Path) -> None:
    first = free_ports(3)
    words = [sys.executable, "-m", "journeyman"]
    command = [*words, "serve", "shop", "--port", str(first), "--max-rows", "50", "--workspace", str(place)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        for k, member in enumerate(tagged.facts.members):
            assert member.model in health(first + k, member.model)
        body = json.dumps({"rows": [{"price": 5, "weight": 4, "colour": "red"}] * 51}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{first + 2}/predict", body)
        with pytest.raises(urllib.request.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20)
        assert refused.value.code == 413  # --max-rows holds for each
    finally:
        server.send_signal(signal.SIGTERM)
        told = server.communicate(timeout=60)[1]
    assert server.returncode == 0, told
    once = [*words, "operate", "shop", "--once", "--workspace", str(place)]
    done = subprocess.run(once, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.count("0 rounds done")) == (0, 3), done.stderr
    with closing(socket.socket()) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of the server before still end
        taken.bind(("127.0.0.1", first + 1))
        taken.listen()
        busy = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert busy.returncode == 2
    assert "journeyman serve shop-heavy-large failed" in busy.stderr
    assert "Traceback" not in busy.stderr


def test_a_set_that_was_interrupted_goes_on_where_it_was(place: Path, table: Path) -> None:
    started = []

    def one(*given: object, **options: object) -> journeyman.Release:
        started.append(options["target"])
        if len(started) == 2:
            raise KeyboardInterrupt
        return journeyman.build(*given, **options)

    own, common = place / "interrupted", Common("both", workspace=place / "interrupted")
    bound = partial(one, trials=1, quiet=True)
    with pytest.raises(KeyboardInterrupt):
        journeyman.build_for_targets(bound, table, ["stars", "weight"], common)
    with pytest.raises(SettingsError):
        journeyman.load_set("both", workspace=own)
    words = [sys.executable, "-m", "journeyman", "resume", "-q", "--workspace", str(own)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "2 targets, a model each" in done.stdout
    made = journeyman.load_set("both", workspace=own)
    assert [(m.model, m.version) for m in made.facts.members] == [("both-stars", 1), ("both-weight", 1)]
    assert [v.name for v in models(own)].count("both-stars") == 1  # it was not built again
    again = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert again.stdout.strip() == "Nothing to resume."
