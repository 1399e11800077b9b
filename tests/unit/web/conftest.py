"""The HTTP API over scripted feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from config.settings import load_settings
from tests.support.http_api import TOKEN, Client, Serving
from tests.support.scripted_feed import DEFAULT, ScriptedFeeds, picture
from web.http.api import Api
from web.page import Page
from web.server import Server


@pytest.fixture
def feeds() -> ScriptedFeeds:
    return ScriptedFeeds(lambda feed: feed.pictures.push(picture(), 1.5))


@pytest.fixture
async def client(feeds: ScriptedFeeds) -> AsyncIterator[Client]:
    app = Application()
    Api(feeds, "1.2.3", lambda _: {"room": DEFAULT}).install(app)
    async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as opened:
        yield opened


@pytest.fixture
def serving(tmp_path: Path, feeds: ScriptedFeeds) -> Serving:
    """A server of these settings: near (on loopback only) unless they say otherwise."""
    (tmp_path / "index.html").write_text("<title>Pressbox</title>")

    @asynccontextmanager
    async def serving_(**values: object) -> AsyncIterator[Client]:
        keys = {"livekit_api_key": "key", "livekit_api_secret": "x" * 40, "admin_token": TOKEN}
        cli = {**keys, "state_dir": str(tmp_path), **values}
        settings = load_settings(cli=cli, env={}, directory=tmp_path)
        app = Server(settings, Page(tmp_path), feeds).app()
        async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as opened:
            yield opened

    return serving_
