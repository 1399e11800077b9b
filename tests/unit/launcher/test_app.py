"""What the launcher keeps out of the log before it starts anything."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from config.settings import load_settings
from launcher.app import Launcher
from launcher.errors import LaunchError
from tests.unit.launcher.scripted import Recorder


@pytest.mark.asyncio
async def test_the_engines_key_is_hidden_with_anybodys_server(tmp_path: Path) -> None:
    key = "engine-key-of-somebody"
    recorder = Recorder()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        given = {
            "livekit_url": "ws://127.0.0.1:1",
            "engine_url": "http://127.0.0.1:1/v1",
            "engine_api_key": key,
            "web_port": taken.getsockname()[1],
        }
        launcher = Launcher(load_settings(cli=given, env={}, directory=tmp_path), recorder.log)
        with pytest.raises(LaunchError):
            await launcher.start("none", tmp_path)
    recorder.log.line("engine", f"401: {key}")
    assert not recorder.said(key)
