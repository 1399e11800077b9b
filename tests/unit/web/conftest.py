"""The HTTP API over scripted feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from tests.support.http_api import Client
from tests.support.scripted_feed import DEFAULT, ScriptedFeeds, picture
from web.http.api import Api


@pytest.fixture
def feeds() -> ScriptedFeeds:
    return ScriptedFeeds(lambda feed: feed.pictures.push(picture(), 1.5))


@pytest.fixture
async def client(feeds: ScriptedFeeds) -> AsyncIterator[Client]:
    app = Application()
    Api(feeds, "1.2.3", lambda _: {"room": DEFAULT}).install(app)
    async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as opened:
        yield opened
