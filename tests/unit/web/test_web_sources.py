"""`/api/sources` of the page's server, with the API of the ingress service behind it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from config.settings import Settings, load_settings
from config.viewer_links import ViewerLinks
from ingress.api import Api
from ingress.report import SourceReport
from tests.support.clips import film
from tests.support.ports import free_port
from tests.unit.ingress.scripted_sources import ScriptedSources
from web.page import Page
from web.server import Server

TOKEN = "the-token-of-the-operator"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
ADDRESS = "rtsp://admin:p@ss@10.0.0.7:8554/cellar/path?password=hunter2"
SECRETS = ("p@ss", "p%40ss", "hunter2", "cellar", TOKEN)

Client = TestClient[Request, Application]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    keys = {"livekit_api_key": "key", "livekit_api_secret": "x" * 40}
    values = {"ingress_port": free_port(), "admin_token": TOKEN}
    folders = {"state_dir": str(tmp_path), "media_dir": str(tmp_path)}
    return load_settings(cli={**keys, **values, **folders}, env={}, directory=tmp_path)


@pytest.fixture
def sources() -> ScriptedSources:
    return ScriptedSources()


@pytest.fixture
async def service(settings: Settings, sources: ScriptedSources) -> AsyncIterator[TestServer]:
    server = TestServer(Api(settings, sources, TOKEN).app(), port=settings.ingress_port)
    async with server:
        yield server


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    app = Server(settings, Page(settings.state_dir)).app()
    async with TestClient(TestServer(app)) as opened:
        yield opened


async def post(client: Client, values: object, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = await client.post("/api/sources", json=values, headers={**AUTH, **headers})
    return answer.status, await answer.json()


async def test_adding_seeing_removing(
    client: Client, service: TestServer, sources: ScriptedSources
) -> None:
    status, body = await post(client, {"url": ADDRESS, "name": "gate"})
    assert status == 201
    assert body["url"] == "rtsp://10.0.0.7:8554"
    spec, from_page = sources.added[0]
    assert from_page
    assert spec.address.password == "p@ss"
    sources.reports[("gate", "lobby")] = SourceReport(
        "gate", "lobby", spec.address.safe, "relay", state="live", codec="h264"
    )
    seen = await client.get("/api/sources")
    assert seen.headers["Cache-Control"] == "no-store"
    (one,) = (await seen.json())["sources"]
    assert (one["name"], one["room"], one["state"], one["codec"]) == (
        "gate",
        "lobby",
        "live",
        "h264",
    )
    removed = await client.delete("/api/sources/gate", headers=AUTH)
    assert (removed.status, await removed.json()) == (200, {"removed": "gate"})
    assert sources.reports == {}


async def test_errors_of_the_service_come_through(client: Client, service: TestServer) -> None:
    wrong: list[tuple[dict[str, object], str, str]] = [
        ({"url": "test"}, "url", "from the page"),
        ({"url": "/etc/passwd"}, "url", "MEDIA_DIR"),
        ({"name": "x"}, "url", "an address such as"),
        ({"url": "rtsp://a", "name": "a b"}, "name", "a name such as"),
        ({"url": "rtsp://a", "transport": "tpc"}, "transport", "auto or tcp or udp"),
        ({"url": "rtsp://a", "start": -1}, "start", "a number from 0"),
        ({"url": "rtsp://a", "from_page": False}, "from_page", "there are url"),
        ({"url": "http://a", "via": "livekit-ingress"}, "via", "there are url"),
    ]
    for values, field, says in wrong:
        for path in ("/api/sources", "/api/sources/probe"):
            answer = await client.post(path, json=values, headers=AUTH)
            body = await answer.json()
            assert (answer.status, body["field"]) == (422, field)
            assert says in body["allowed"]
            assert "\n" not in body["error"]
    assert (await post(client, []))[0] == 422
    assert (await post(client, {"url": "rtsp://a", "transport": "tpc"}))[1]["value"] == "tpc"
    await post(client, {"url": "rtsp://a", "name": "a"})
    assert (await post(client, {"url": "rtsp://a", "name": "a"}))[0] == 409
    assert (await client.delete("/api/sources/gone", headers=AUTH)).status == 404


async def test_a_probe_says_what_is_there_or_what_is_wrong_and_adds_nothing(
    settings: Settings, client: Client, service: TestServer, sources: ScriptedSources
) -> None:
    film(settings.media_dir / "clip.mp4", sound="aac")
    found = {}
    for url in ("clip.mp4", "http://user:p@ss@localhost:9/cellar"):
        answer = await client.post("/api/sources/probe", json={"url": url}, headers=AUTH)
        assert answer.status == 200
        found[url] = await answer.json()
    clip, away = found.values()
    assert (clip["codec"], clip["width"], clip["height"], clip["failure"]) == ("h264", 160, 120, "")
    assert (clip["way"], clip["sound"], clip["url"]) == ("passthrough", "aac", "clip.mp4")
    assert (away["failure"], away["url"]) == ("forbidden", "http://localhost:9"), "SOURCE_NETWORKS"
    assert sources.added == []


async def test_a_service_that_is_away(client: Client) -> None:
    for answer in (
        await client.get("/api/sources"),
        await client.post("/api/sources", json={"url": "rtsp://a"}, headers=AUTH),
        await client.post("/api/sources/probe", json={"url": "rtsp://a"}, headers=AUTH),
        await client.delete("/api/sources/a", headers=AUTH),
    ):
        assert answer.status == 503
        assert "ingress service" in (await answer.json())["error"]


async def test_wrong_tokens_are_refused_and_lock_nobody_out(
    client: Client, service: TestServer, sources: ScriptedSources
) -> None:
    for value in ["", "Bearer", "Bearer wrong", f"Digest {TOKEN}", f"Bearer {TOKEN}x"] * 3:
        assert (await post(client, {"url": "rtsp://a"}, Authorization=value))[0] == 401
        probe = await client.post("/api/sources/probe", json={}, headers={"Authorization": value})
        assert probe.status == 401
    assert (await client.delete("/api/sources/a")).status == 401
    assert sources.added == []
    assert (await post(client, {"url": "rtsp://a"}))[0] == 201


async def test_a_viewer_sees_one_room_and_no_addresses(
    settings: Settings, service: TestServer, sources: ScriptedSources
) -> None:
    for name, room in (("gate", "lobby"), ("door", "attic")):
        sources.reports[(name, room)] = SourceReport(
            name, room, "rtsp://10.0.0.7", "relay", state="failed", error="10.0.0.7 is away"
        )
    far = settings.model_copy(update={"web_host": "0.0.0.0"})
    async with TestClient(TestServer(Server(far, Page(far.state_dir)).app())) as client:
        link = ViewerLinks(far).make("lobby", 1)
        viewer = await client.get("/api/sources", headers={"Authorization": f"Bearer {link}"})
        assert [one["name"] for one in (await viewer.json())["sources"]] == ["gate"]
        assert "10.0.0.7" not in await viewer.text()
        operator = await client.get("/api/sources", headers=AUTH)
        shown = {one["name"]: one["url"] for one in (await operator.json())["sources"]}
        assert shown == {"gate": "rtsp://10.0.0.7", "door": "rtsp://10.0.0.7"}
        attic = await client.get("/api/sources?room=attic", headers=AUTH)
        assert [one["name"] for one in (await attic.json())["sources"]] == ["door"]


async def test_no_secret_reaches_the_page(
    client: Client,
    service: TestServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    said = []
    for values in (
        {"url": ADDRESS},
        {"url": ADDRESS, "name": "a b"},
        {"url": ADDRESS.replace("rtsp", "http")},
        {"url": "http://10.0.0.7/x?token=hunter2", "mode": ADDRESS},
        {"url": ADDRESS, ADDRESS: 1},
        {"url": "ftp" + ADDRESS},
    ):
        said += [json.dumps(await post(client, values))]
        probe = await client.post("/api/sources/probe", json=values, headers=AUTH)
        said += [await probe.text()]
    said += [await (await client.get("/api/sources")).text()]
    said += [await (await client.delete("/api/sources/10.0.0.7", headers=AUTH)).text()]
    said += [caplog.text, *capfd.readouterr()]
    for secret in SECRETS:
        assert secret not in "\n".join(said)
