"""Settings of a room from its dispatch metadata."""

from __future__ import annotations

import pytest

from agent.room.room_settings import from_metadata, options
from config.settings import RoomSettings


def test_what_is_right_holds_and_the_rest_is_told() -> None:
    chosen, problems = from_metadata(
        RoomSettings(), '{"delay":"soon","bogus":1,"preset":"calm","capture_fps":3}'
    )
    assert (chosen.preset, chosen.capture_fps, chosen.delay) == ("calm", 3, "auto")
    assert len(problems) == 2
    assert "delay" in problems[0]
    assert "bogus" in problems[1]


@pytest.mark.parametrize("metadata", ["{", "[1]", "null", "[" * 100_000])
def test_what_is_no_object_changes_nothing_and_is_told(metadata: str) -> None:
    chosen, problems = from_metadata(RoomSettings(), metadata)
    assert (chosen, len(problems)) == (RoomSettings(), 1)


def test_no_metadata_is_nothing_wrong() -> None:
    assert from_metadata(RoomSettings(), " ") == (RoomSettings(), [])


def test_preset_and_profile_are_filled_in() -> None:
    settings = RoomSettings(profile="match", preset="calm")
    filled = options(settings, "studio")
    assert filled.prompt
    assert filled.inference_interval == settings.effective().inference_interval
    assert filled.room == "studio"
