"""mediamtx as a child, which is a script here: got, started, heard, brought back."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from config.settings import load_settings
from ingress.pushes.media_server import FILE, MediaServer
from tests.support.procfs import is_there
from tests.support.until import until

KEY = "key-of-a-push-0123"
STAMP = "2026/11/26 12:00:00"


@asynccontextmanager
async def running(
    folder: Path, program: str, get: str = 'echo "$PROGRAM"'
) -> AsyncIterator[MediaServer]:
    """A server whose program is this script; `get` is what says where that is."""
    script = folder / "mediamtx"
    script.write_text(f"#!/bin/sh\n{program}\n")
    script.chmod(0o755)
    settings = load_settings(cli={"state_dir": str(folder / "state")}, env={}, directory=folder)
    server = MediaServer(settings, ("/bin/sh", "-c", get.replace("$PROGRAM", str(script))))
    await server.add("live/studio", {"a": 1}, [KEY])
    try:
        yield server
    finally:
        await server.aclose()
        await server.aclose()


async def test_its_log_is_ours_without_keys(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = f'echo "{STAMP} INF path {KEY} of $MTX_X."; echo "{STAMP} WAR low on {KEY}"; echo odd'
    os.environ["MTX_X"] = "outside"
    try:
        async with running(tmp_path, f"{said}; exec sleep 60") as server:
            await until(lambda: "low on" in caplog.text)
            assert server.trouble == ""
            assert is_there(pid := server.pid)
    finally:
        del os.environ["MTX_X"]
    assert not is_there(pid)
    levels = {one.getMessage(): one.levelname for one in caplog.records}
    assert levels["mediamtx: path *** of ."] == "DEBUG", "its environment would set it otherwise"
    assert levels["mediamtx: low on ***"] == "WARNING"
    assert levels["mediamtx: odd"] == "WARNING"
    assert KEY not in caplog.text


async def test_its_settings_are_for_its_owner_alone(tmp_path: Path) -> None:
    async with running(tmp_path, f'cp -p "$1" {tmp_path}/seen; exec sleep 60'):
        await until((tmp_path / "seen").exists)
    file = tmp_path / "state" / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert yaml.safe_load(file.read_text())["paths"] == {"live/studio": {"a": 1}}


async def test_it_comes_back_with_all_paths_and_its_last_error_is_told(tmp_path: Path) -> None:
    count = f"echo x >> {tmp_path}/starts"
    error = f'echo "{STAMP} ERR listen tcp 127.0.0.1:1935: in use, {KEY}"'
    async with running(tmp_path, f"{count}; {error}; exit 1") as server:
        await until(lambda: server.trouble.startswith("mediamtx: listen tcp 127.0.0.1:1935: in u"))
        assert KEY not in server.trouble
        await until(lambda: (tmp_path / "starts").read_text().count("x") >= 2)


async def test_it_ends_though_it_does_not_want_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingress.pushes.media_server.GRACE", 0.2)
    async with running(tmp_path, "trap '' TERM; while :; do sleep 0.1; done") as server:
        await until(lambda: server.pid > 0)
        pid = server.pid
    assert not is_there(pid)


@pytest.mark.parametrize(
    ("get", "said"),
    [
        ("echo first >&2; echo 'no mediamtx: install Go' >&2; exit 1", "no mediamtx: install Go"),
        ("exit 3", "mediamtx cannot be had"),
        ("echo /nowhere/mediamtx", "No such file"),
    ],
)
async def test_where_it_cannot_be_had_it_is_told_and_tried_again(
    tmp_path: Path, get: str, said: str
) -> None:
    async with running(tmp_path, "", get) as server:
        await until(lambda: said in server.trouble)
        assert not await server.ready("live/studio")
