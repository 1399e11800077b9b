""".env.example names every setting, with its default."""

from __future__ import annotations

import io
from pathlib import Path

from dotenv import dotenv_values

from config.settings import Settings, load_settings

EXAMPLE = Path(__file__).resolve().parents[3] / ".env.example"


def assignments() -> str:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return "\n".join(line[1:] for line in lines if line.startswith("#") and line[1:2] != " ")


def test_it_lists_every_setting_once() -> None:
    names = [line.split("=")[0].lower() for line in assignments().splitlines()]
    assert names == list(Settings.model_fields)


def test_what_it_shows_are_the_defaults(tmp_path: Path) -> None:
    values = dotenv_values(stream=io.StringIO(assignments()))
    (tmp_path / ".env").write_text("\n".join(f"{key}={value}" for key, value in values.items()))
    folders = dict.fromkeys(("STATE_DIR", "VOICE_DIR", "MEDIA_DIR", "PROFILE_DIR"), str(tmp_path))
    shown = load_settings(env=folders, directory=tmp_path)
    plain = load_settings(env=folders, directory=tmp_path / "empty")
    assert shown.model_dump() == plain.model_dump()
