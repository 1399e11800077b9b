"""Passwords leave the list of processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from pathlib import Path
from config.hidden_arguments import hide_arguments
hidden = hide_arguments(("python", "-m", "x"), sys.argv[1:])
print(hidden, sys.argv[1:], Path("/proc/self/cmdline").read_bytes().replace(b"\\0", b" ").decode())
"""


def start(*words: str) -> str:
    argv = [sys.executable, "-c", PROGRAM, *words]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.strip().rstrip("\0")


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("rtsp://admin:p@ss@host", "rtsp://host"),
        ("SOURCE=rtsp://admin:p@ss@host", "SOURCE=rtsp://host"),
        ("--url=http://host/x?password=p@ss", "--url=http://host/x"),
        ("rtmp://host/app/p@ss", "rtmp://host/app/***"),
        ("wss://user:p@ss@host", "***"),
        ('SOURCES=[{"name":"x","url":"rtsp://u:p@ss@h/1"}]', "***"),
    ],
)
def test_what_is_secret_is_gone_and_the_program_still_has_it(word: str, shown: str) -> None:
    said = start("add", word)
    assert said.startswith("True ")
    assert word in said  # what the program itself works with
    line = said.rpartition("] ")[2]
    assert line.startswith("python -m x add ")
    assert line.rstrip().endswith(shown)
    assert "ss@" not in line
    assert "p@ss" not in line


@pytest.mark.parametrize("word", ["rtsp://host/1", "--url=ws://127.0.0.1:7880"])
def test_a_command_line_without_secrets_stays_as_it_is(word: str) -> None:
    said = start("add", word)
    assert said.startswith("False ")
    assert said.endswith(f"add {word}")
