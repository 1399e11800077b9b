"""What a booth starts with."""

from __future__ import annotations

from typing import Any

import pytest

from agent.room.chosen import MODE_UNTIL, choose
from config.settings import RoomSettings


def test_a_change_in_the_room_stands_before_the_dispatch_and_that_is_told() -> None:
    chosen = choose(RoomSettings(), '{"mode":"active","delay":4}', {"mode": "idle", "delay": 4})
    assert (chosen.settings.mode, chosen.base.mode) == ("idle", "active")
    (told,) = chosen.problems
    assert told.startswith("mode=idle, ")


@pytest.mark.parametrize(
    ("process", "metadata"),
    [
        (RoomSettings(), ""),
        (RoomSettings(), '{"delay":4}'),
        (RoomSettings(mode="active"), ""),
        (RoomSettings(), '{"mode":"idle"}'),
    ],
)
def test_where_the_dispatch_asks_for_nothing_else_there_is_nothing_to_tell(
    process: RoomSettings, metadata: str
) -> None:
    chosen = choose(process, metadata, {"mode": "idle"})
    assert (chosen.settings.mode, chosen.problems) == ("idle", ())


@pytest.mark.parametrize("until", ["soon", None, [], {"a": 1}, True, 10**400])
def test_what_is_saved_and_no_longer_right_is_left_out(until: Any) -> None:
    saved = {"profile": "gone", "delay": 4, "bogus": 1, MODE_UNTIL: until}
    chosen = choose(RoomSettings(), "", saved)
    assert chosen.settings == RoomSettings(delay=4)
    assert len(chosen.problems) == 2
    assert chosen.mode.at(1e9) == "active"
