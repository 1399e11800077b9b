"""`python -m web` as a process: how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from yarl import URL

from config.settings import load_settings
from config.viewer_links import ViewerLinks

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


@pytest.mark.parametrize(
    ("words", "env", "says"),
    [
        (["--port", "http"], KEYS, "WEB_PORT"),
        ([], {"LIVEKIT_URL": "wss://example.livekit.cloud"}, "LIVEKIT_API_KEY"),
    ],
)
def test_a_wrong_setting_is_one_line(words: list[str], env: dict[str, str], says: str) -> None:
    status, errors = end(start(*words, **env))
    assert status == 2
    assert len(errors) == 1
    assert says in errors[0].upper()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = start("--port", str(port), **KEYS)
    if process.stderr is None:
        raise RuntimeError("no stderr")
    line = process.stderr.readline()
    while "the page is on" not in line:
        assert line, "ended before it was ready"
        line = process.stderr.readline()
    process.send_signal(number)
    status, errors = end(process)
    assert status == 0
    assert errors == []


def test_a_link_is_printed_that_the_server_reads(tmp_path: Path) -> None:
    state = {"STATE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "web", "link", "--room", "a b", "--page", "https://box.example/"],
        cwd=ROOT,
        env={**os.environ, **state},
        capture_output=True,
        text=True,
        check=True,
    )
    address = URL(done.stdout.strip())
    assert str(address.with_query(None)) == "https://box.example/"
    settings = load_settings(env=state, directory=tmp_path)
    assert ViewerLinks(settings).read(address.query["view"]).room == "a b"
