"""`python -m web` as a process: how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SECRET = "a secret of at least thirty-two characters"
KEYS = {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": SECRET}


def start(*words: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "web", *words],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    _, errors = process.communicate(timeout=30)
    return process.returncode, errors.splitlines()


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, errors = end(start("--port", str(port), **KEYS))
    assert status == 1
    assert len(errors) == 1
    assert f"WEB_PORT={port}" in errors[0]


def test_a_signal_ends_it_in_order() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = start("--port", str(port), **KEYS)
    if process.stderr is None:
        raise RuntimeError("no stderr")
    line = process.stderr.readline()
    while "the page is on" not in line:
        assert line, "ended before it was ready"
        line = process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    status, errors = end(process)
    assert status == 0
    assert errors == []
