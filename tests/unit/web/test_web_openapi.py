"""The document of the HTTP API is true: schemathesis asks the server for all that it says."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from config.settings import load_settings
from config.tasks import Tasks
from ingress.api import Api as IngressApi
from tests.support.ports import free_port
from tests.support.scripted_feed import ScriptedFeed, ScriptedFeeds, picture
from tests.unit.ingress.scripted_sources import ScriptedSources
from web.http import mjpeg
from web.page import Page
from web.server import Server

_CONFIG = """
[[operations]]
include-path = "/api/rules"
phases.coverage.enabled = false  # much of the same
checks.positive_data_acceptance.enabled = false  # whether there is a rule of that name
[[operations]]
include-path-regex = "/api/sources.*"
checks.positive_data_acceptance.enabled = false  # whether it is an address, and is there
checks.negative_data_rejection.enabled = false  # the ingress service checks them
[[operations]]
include-path = "/api/settings"
phases.coverage.enabled = false  # the booth checks them, and takes "4" for 4
checks.negative_data_rejection.enabled = false
checks.positive_data_acceptance.enabled = false
"""
TOKEN = "the-token-of-the-operator"
_RUN = (
    *("--phases", "coverage,fuzzing", "--max-examples", "2", "--seed", "1"),
    *("--header", f"Authorization: Bearer {TOKEN}"),
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
    keys = {"livekit_api_key": "key", "livekit_api_secret": "x" * 40, "admin_token": TOKEN}
    values = {"ingress_port": free_port(), "state_dir": str(tmp_path)}
    settings = load_settings(cli={**keys, **values}, env={}, directory=tmp_path)
    ingress = TestServer(
        IngressApi(settings, ScriptedSources(), TOKEN).app(), port=settings.ingress_port
    )
    app = Server(settings, Page(tmp_path), ScriptedFeeds(fill)).app()
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG)
    program = Path(sys.executable).parent / "schemathesis"
    async with ingress, TestClient(TestServer(app)) as client:
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
