"""Of former champions and of those that never answered the latest stay; what is needed stays however old it is."""

from __future__ import annotations

from journeyman.stages.retain import removable


def test_the_latest_of_each_kind_stay() -> None:
    releases = tuple(range(2, 12))
    assert removable(releases, (1, 4, 8), set(), 2) == (2, 3, 5, 6, 7, 9)
    assert removable(releases, (1, 4, 8), {5}, 2) == (2, 3, 6, 7, 9), "what is needed takes nobody's place"
    assert removable(releases, (1, 4, 8), set(), 20) == ()


def test_a_champion_counts_from_its_latest_turn() -> None:
    assert removable((2, 3, 4), (1, 2, 3, 4, 2), {2}, 1) == (3,), "4 answered after 3 did"


def test_what_a_person_built_is_no_matter_of_the_loop() -> None:
    assert removable((), (1, 2), set(), 0) == ()
