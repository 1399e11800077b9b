"""The profiles and presets that come with Pressbox."""

from __future__ import annotations

import pytest

from config.errors import SettingsError
from config.profiles import load_presets, load_profile, profile_names
from config.settings import RoomSettings


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_makes_valid_settings(name: str) -> None:
    profile = load_profile(name)
    effective = RoomSettings().updated({"profile": name}).effective()
    assert effective == RoomSettings().updated(effective.model_dump())
    assert profile.about
    assert effective.prompt.splitlines()[0] == profile.prompt.strip()
    assert "..." in effective.prompt


@pytest.mark.parametrize("name", load_presets())
def test_every_preset_makes_valid_settings(name: str) -> None:
    effective = RoomSettings().updated({"preset": name}).effective()
    assert effective == RoomSettings().updated(effective.model_dump())
    needed = (effective.frames_per_inference - 1) * effective.frame_stride + 1
    assert needed <= effective.window_size


def test_the_default_preset_is_the_defaults() -> None:
    assert load_presets()["default"].numbers() == {}


@pytest.mark.parametrize("name", ["", "nope", "../presets", "default.yaml", "/etc/passwd"])
def test_an_unknown_profile_names_the_known_ones(name: str) -> None:
    with pytest.raises(SettingsError, match="one of default, describer"):
        load_profile(name)
