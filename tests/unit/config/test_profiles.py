"""Profiles and presets: those that come with Pressbox, and those of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import profiles
from config.errors import SettingsError
from config.profile_files import MOST_FILES
from config.profiles import load_presets, load_profile, profile_names
from config.settings import RoomSettings

MINE = "about: Mine.\nprompt: You are mine.\n"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A folder of one's own, in use."""
    profiles.use(tmp_path)
    yield tmp_path
    profiles.use(None)


def put(folder: Path, name: str, text: str | bytes) -> None:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert profiles.refresh()


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_makes_valid_settings(name: str) -> None:
    profile = load_profile(name)
    effective = RoomSettings().updated({"profile": name}).effective()
    assert effective == RoomSettings().updated(effective.model_dump())
    assert effective.prompt.splitlines()[0] == profile.prompt.strip()
    assert "..." in effective.prompt


@pytest.mark.parametrize("name", load_presets())
def test_every_preset_makes_valid_settings(name: str) -> None:
    effective = RoomSettings().updated({"preset": name}).effective()
    assert effective == RoomSettings().updated(effective.model_dump())
    needed = (effective.frames_per_inference - 1) * effective.frame_stride + 1
    assert needed <= effective.window_size


@pytest.mark.parametrize("name", ["", "nope", "../presets", "default.yaml", "/etc/passwd"])
def test_an_unknown_profile_names_the_known_ones(name: str) -> None:
    with pytest.raises(SettingsError, match="one of accessible, default, describer"):
        load_profile(name)


def test_a_file_dropped_in_is_a_profile_and_its_edit_is_seen(own: Path) -> None:
    put(own, "mine.yaml", MINE + "language: de\nrules: [One., Two.]\n")
    effective = RoomSettings().updated({"profile": "mine"}).effective()
    assert (effective.language, effective.prompt) == ("de", "You are mine.\n- One.\n- Two.")
    put(own, "mine.yaml", MINE + "language: pt-BR\n")
    assert load_profile("mine").language == "pt-BR"
    assert not profiles.refresh()
    (own / "mine.yaml").unlink()
    assert profiles.refresh()
    assert "mine" not in profile_names()


def test_a_profile_that_has_gone_holds_nothing_up(own: Path) -> None:
    put(own, "mine.yaml", MINE)
    settings = RoomSettings().updated({"profile": "mine"})
    (own / "mine.yaml").unlink()
    profiles.refresh()
    effective = settings.updated({"delay": 4}).effective()
    assert (effective.profile, effective.delay) == ("default", 4)
    put(own, "mine.yaml", MINE)
    assert settings.effective().profile == "mine"


def test_presets_of_ones_own(own: Path) -> None:
    put(own, "presets.yaml", "slow:\n  about: Slow.\n  inference_interval: 9\n  length: brief\n")
    effective = RoomSettings().updated({"preset": "slow"}).effective()
    assert (effective.inference_interval, effective.length) == (9, "brief")
    settings = RoomSettings().updated({"preset": "slow"})
    put(own, "presets.yaml", "x: {about: X., capture_fps: 99}\ny: {about: Y.}\n")
    assert "y" in load_presets()
    (told,) = profiles.problems()
    assert told.startswith("presets.yaml, line 1: capture_fps: ")
    assert settings.effective().preset == "default"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("bad.yaml", "about: Mine.\nprompt: [\n", "bad.yaml, line 3: "),
        ("bad.yaml", "about: Mine.\nprompt: x\nvoise: y\n", "bad.yaml, line 3: voise: no such"),
        ("bad.yaml", "about: M.\nprompt: x\nrules:\n- a\n- {b: c}\n", "bad.yaml, line 5: rules: "),
        ("bad.yaml", MINE + "preset: fast\n", "bad.yaml: preset 'fast' is none of default, "),
        ("bad.yaml", MINE + f"rules: [{'x' * 8000}]\n", "bad.yaml, line 1: prompt and rules have"),
        ("bad.yaml", MINE + f"questions: [Who, {'x' * 61}]\n", "bad.yaml, line 3: questions: "),
        ("bad.yaml", MINE + "questions: [A, B, C, D, E, F, G]\n", "bad.yaml, line 3: questions: "),
        ("bad.yaml", "- a\n", "bad.yaml, line 1: it must hold lines such as"),
        ("bad.yaml", b"\xff\xfe\x00", "bad.yaml: not UTF-8"),
        ("bad.yaml", b"about: " + b"x" * 1_000_000, "bad.yaml: larger than 64 kB"),
        ("bad.yaml", "[" * 30_000, "bad.yaml: nested too deeply"),
        ("bad.yaml", "a: &a [x]\nb: [*a, *a]\n", "bad.yaml, line 2: aliases are not taken"),
        ("bad.yaml", MINE + "voice: !!python/object/apply:os.getcwd []\n", "bad.yaml, line 3: "),
        ("bad.yaml", MINE + f"voice: {'9' * 5000}\n", "bad.yaml: not valid YAML"),
        ("a\nfake line.yaml", MINE, "a?fake line.yaml: the name a?fake line is not allowed"),
        ("presets.yaml", "1: {about: X.}\n", "presets.yaml, line 1: "),
        ("presets.yaml", "x: 3\n", "presets.yaml, line 1: it must hold"),
    ],
)
def test_a_bad_one_is_named_and_left_out(
    own: Path, name: str, text: str | bytes, told: str
) -> None:
    put(own, "good.yaml", MINE)
    before = set(profile_names()), set(load_presets())
    put(own, name, text)
    assert (set(profile_names()), set(load_presets())) == before
    (line,) = profiles.problems()
    assert line.startswith(told)
    assert line.isprintable()
    assert len(line) < 200


def test_what_is_no_file_of_the_folder_and_a_flood_of_them_are_left_out(
    own: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.yaml"
    (own / "kept").mkdir()
    for file in (elsewhere, own / ".hidden.yaml", own / "kept" / "inside.yaml"):
        file.write_text(MINE)
    (own / "folder.yaml").mkdir()
    os.mkfifo(own / "pipe.yaml")
    for name, leads_to in (
        ("out.yaml", elsewhere),
        ("loop.yaml", own / "loop.yaml"),
        ("nowhere.yaml", own / "gone"),
        ("inside.yaml", own / "kept" / "inside.yaml"),
    ):
        (own / name).symlink_to(leads_to)
    assert profiles.refresh()
    assert "inside" in profile_names()
    told = sorted(line.split(":")[0] for line in profiles.problems())
    assert told == ["folder.yaml", "loop.yaml", "nowhere.yaml", "out.yaml", "pipe.yaml"]
    for number in range(MOST_FILES):
        (own / f"a{number:04}.yaml").write_text(MINE)
    assert profiles.refresh()
    assert sum(name.startswith("a0") for name in profile_names()) == MOST_FILES
    assert len(profiles.problems()) == 1
