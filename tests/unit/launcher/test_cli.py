"""The command line of the launcher."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.errors import SettingsError
from launcher.cli import parse

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("ENGIN=sketch", "ENGIN is not allowed: no such setting; did you mean engine?"),
        ("SORCE=x", "SORCE is not allowed: no such setting; did you mean source?"),
        ("--room", "--room is not allowed: NAME=VALUE is expected"),
        ("LIVEKIT_API_SECRET=abc", "LIVEKIT_API_SECRET is not allowed: it would show in the proc"),
    ],
)
def test_wrong_words(word: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse([word])
    assert str(caught.value).startswith(said)
    assert "abc" not in str(caught.value)


def start(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "run.py", *words]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_wrong_settings_end_the_start_with_a_line_each() -> None:
    done = start("CAPTURE_FPS=0", "WEB_PORT=x")
    assert done.returncode == 2
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert "CAPTURE_FPS=0" in first
    assert "WEB_PORT=x" in second


def test_a_source_that_is_none() -> None:
    done = start("SOURCE=gopher://user:secret@host/1")
    assert done.returncode == 1
    assert done.stderr == ""
    first, last = done.stdout.splitlines()
    assert first.startswith("run      | error: SOURCE: ")
    assert last == "run      | everything has ended"
    assert "secret" not in done.stdout
