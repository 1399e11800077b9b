"""The HTTP server, spoken to over loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientConnectorError, ClientSession
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from config.settings import Settings, load_settings
from tests.support.ports import free_port
from tests.support.scripted_feed import ScriptedFeeds
from web.page import Page
from web.server import Server, serve_app

SECRET = "a secret of at least thirty-two characters"
JSON = {"Content-Type": "application/json"}

Client = TestClient[Request, Application]


def settings(directory: Path, **cli: object) -> Settings:
    keys = {"livekit_api_key": "key", "livekit_api_secret": SECRET}
    return load_settings(cli={**keys, **cli}, env={}, directory=directory)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>Pressbox</title>")
    (folder / "assets" / "index-abc.js").write_text("1")
    (tmp_path / "secret.txt").write_text("not for you")
    return folder


@pytest.fixture
async def client(tmp_path: Path, dist: Path) -> AsyncIterator[Client]:
    app = Server(settings(tmp_path), Page(dist)).app()
    async with TestClient(TestServer(app)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("{", 400, "not JSON"),
        ('"\udce4"', 400, "not JSON"),
        ("[" * 100_000, 400, "not JSON"),
        ("[]", 422, "JSON object"),
        ('{"room_name": 7}', 422, "room_name"),
        (json.dumps({"participant_metadata": "x" * 200_000}), 413, ""),
    ],
)
async def test_a_bad_token_request_gets_one_clear_line(
    client: Client, body: str, status: int, says: str
) -> None:
    data = body.encode(errors="surrogateescape")
    answer = await client.post("/api/livekit/token", data=data, headers=JSON)
    assert answer.status == status
    error = (await answer.json())["error"]
    assert says in error
    assert "\n" not in error


async def test_a_wrong_path_or_method_below_api_is_answered_in_json(client: Client) -> None:
    missing = await client.get("/api/nothing")
    assert (missing.status, await missing.json()) == (404, {"error": "404: Not Found"})
    wrong = await client.get("/api/livekit/token")
    assert wrong.status == 405
    assert wrong.headers["Allow"].split(",") == ["OPTIONS", "POST"]


async def test_the_page_is_asked_for_again_and_its_assets_are_kept(client: Client) -> None:
    page = await client.get("/")
    assert page.status == 200
    assert "Pressbox" in await page.text()
    assert page.headers["Cache-Control"] == "no-cache"
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    asset = await client.get("/assets/index-abc.js")
    assert "immutable" in asset.headers["Cache-Control"]
    again = await client.get("/", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status == 304


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/assets", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%00", f"/{300 * 'a'}"],
)
async def test_only_files_of_the_page_are_served(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert answer.status == 404
    assert "not for you" not in await answer.text()


async def test_a_page_that_is_not_built_says_so(tmp_path: Path) -> None:
    app = Server(settings(tmp_path), Page(tmp_path / "none")).app()
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/")
        assert answer.status == 503
        assert "npm run build" in await answer.text()
        assert (await client.get("/health")).status == 200


async def test_who_has_gone_is_let_go_at_once_and_the_end_waits_for_nobody(
    tmp_path: Path, dist: Path
) -> None:
    feeds, stop = ScriptedFeeds(), asyncio.Event()
    known = settings(tmp_path, web_port=free_port(), state_dir=str(tmp_path))
    app = Server(known, Page(dist), feeds).app()
    serving = asyncio.create_task(serve_app(app, known, stop))
    async with ClientSession(f"http://127.0.0.1:{known.web_port}") as client:
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(ClientConnectorError):
                    gone = await client.get("/api/events")
                    break
                await asyncio.sleep(0.01)
            await gone.content.readline()
            gone.close()  # nothing is sent from now on that could show it
            while feeds.rooms:
                await asyncio.sleep(0.01)
            await client.get("/api/events")
            stop.set()
            await serving
    assert not feeds.rooms
