"""What a booth starts with."""

from __future__ import annotations

from typing import Any

import pytest

from agent.room.chosen import DISPATCH, MODE_UNTIL, choose, heeded
from config.settings import RoomSettings


def test_a_change_in_the_room_stands_before_the_dispatch_and_that_is_told() -> None:
    chosen = choose(RoomSettings(), '{"mode":"active","delay":4}', {"mode": "idle", "delay": 4})
    assert (chosen.settings.mode, chosen.base.mode) == ("idle", "active")
    (told,) = chosen.problems
    assert told.startswith("mode=idle, ")


@pytest.mark.parametrize(
    ("metadata", "left"),
    [
        ('{"mode":"active"}', {"delay": 4, "profile": "guard"}),
        ('{"profile":null,"preset":"calm"}', {"delay": 4, "mode": "idle", MODE_UNTIL: 9e9}),
        ('{"delay":"soon"}', None),
        ("[]", None),
        ("", None),
    ],
)
def test_a_new_dispatch_stands_before_what_was_set_once_for_what_it_names_rightly(
    metadata: str, left: dict[str, object] | None
) -> None:
    saved: dict[str, object] = {"delay": 4, "mode": "idle", "profile": "guard", MODE_UNTIL: 9e9}
    now = heeded(saved, metadata, "RM_1")
    assert {key: now[key] for key in now if key != DISPATCH} == (saved if left is None else left)
    later = now | {"mode": "idle"}
    assert heeded(later, metadata, "RM_1") == later, "the same one again, after a job has died"
    assert (heeded(later, metadata, "RM_2") == later) == (left is None), "another session"
    assert choose(RoomSettings(), metadata, later).settings.mode == "idle"


@pytest.mark.parametrize("until", ["soon", None, [], {"a": 1}, True, 10**400])
def test_what_is_saved_and_no_longer_right_is_left_out(until: Any) -> None:
    saved = {"profile": "gone", "delay": 4, "bogus": 1, "language": None, MODE_UNTIL: until}
    chosen = choose(RoomSettings(), "", saved)
    assert chosen.settings == RoomSettings(delay=4)
    assert len(chosen.problems) == 2
    assert chosen.mode.at(1e9) == "active"


@pytest.mark.parametrize("metadata", ["{", "[1]", "null", "[" * 100_000])
def test_a_dispatch_that_is_no_object_changes_nothing_and_is_told(metadata: str) -> None:
    chosen = choose(RoomSettings(), metadata, {})
    assert (chosen.settings, len(chosen.problems)) == (RoomSettings(), 1)
