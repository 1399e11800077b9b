"""The document of the HTTP API is true: schemathesis asks the server for all that it says."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from config.tasks import Tasks
from tests.support.scripted_feed import DEFAULT, ScriptedFeed, ScriptedFeeds, picture
from web.http import mjpeg
from web.http.api import Api

_CONFIG = """
[[operations]]
include-path = "/api/rules"
phases.coverage.enabled = false  # much of the same
checks.positive_data_acceptance.enabled = false  # whether there is a rule of that name
[[operations]]
include-path = "/api/settings"
phases.coverage.enabled = false  # the booth checks them, and takes "4" for 4
checks.negative_data_rejection.enabled = false
checks.positive_data_acceptance.enabled = false
"""
_RUN = (
    *("--phases", "coverage,fuzzing", "--max-examples", "5", "--seed", "1"),
    *("--request-timeout", "10", "--no-color", "--continue-on-failure"),
)


async def test_schemathesis_finds_nothing_against_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = Tasks(lambda _: None)

    def fill(feed: ScriptedFeed) -> None:
        feed.pictures.push(picture(), 1.0)
        ends.once("the end of a feed", _end(feed))  # or no answer would

    monkeypatch.setattr(mjpeg, "_until", _at_once)
    app = Application()
    Api(ScriptedFeeds(fill), "1", lambda _: {"room": DEFAULT}).install(app)
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG)
    program = Path(sys.executable).parent / "schemathesis"
    async with TestClient(TestServer(app)) as client:
        address = str(client.make_url("/api/openapi.json"))
        child = await asyncio.create_subprocess_exec(
            *(program, "--config-file", config, "run", address, *_RUN),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
        )
        try:
            said, _ = await child.communicate()
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    await ends.aclose()
    assert child.returncode == 0, said.decode()


async def _end(feed: ScriptedFeed) -> None:
    await asyncio.sleep(0.01)
    await feed.aclose()


async def _at_once(due: float) -> float:
    return due
