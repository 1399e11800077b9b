"""The ingress service's API, spoken to over loopback."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from config.settings import Settings, load_settings
from ingress.api import Api
from ingress.metrics import Metrics
from ingress.report import SourceReport
from tests.unit.ingress.scripted_sources import ScriptedSources

TOKEN = "an-admin-token"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
SECRETS = ("p@ss", "p%40ss", "hunter2", "t0ken-value")

Client = TestClient[Request, Application]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    media = tmp_path / "media"
    media.mkdir()
    (media / "clip.mp4").write_bytes(b"")
    (tmp_path / "private.mp4").write_bytes(b"")
    (media / "way-out.mp4").symlink_to(tmp_path / "private.mp4")
    return load_settings(cli={"media_dir": str(media)}, env={}, directory=tmp_path)


@pytest.fixture
def sources() -> ScriptedSources:
    return ScriptedSources()


@pytest.fixture
async def client(settings: Settings, sources: ScriptedSources) -> AsyncIterator[Client]:
    app = Api(settings, sources, TOKEN).app()
    async with TestClient(TestServer(app), headers=AUTH) as opened:
        yield opened


async def add(client: Client, **values: object) -> tuple[int, dict[str, Any]]:
    answer = await client.post("/api/sources", json=values)
    return answer.status, await answer.json()


async def test_a_source_is_added_listed_woken_and_removed(
    client: Client, sources: ScriptedSources
) -> None:
    status, report = await add(client, url="rtsp://u:p@ss@cam-1/a", name="gate", room="hall")
    assert status == 201
    assert (report["name"], report["room"], report["url"]) == ("gate", "hall", "rtsp://cam-1/a")
    assert sources.added[0][0].address.password == "p@ss"
    listed = await (await client.get("/api/sources")).json()
    assert [one["name"] for one in listed["sources"]] == ["gate"]
    woken = await client.post("/api/sources/gate/wake", params={"room": "hall"})
    assert woken.status == 200
    assert sources.woken == [("gate", "hall")]
    removed = await client.delete("/api/sources/gate", params={"room": "hall"})
    assert (removed.status, await removed.json()) == (200, {"removed": "gate"})
    assert sources.list() == []


async def test_names_are_made_and_differ(client: Client) -> None:
    made = [(await add(client, url="rtsp://cam-1/low"))[1]["name"] for _ in range(3)]
    assert made == ["cam-1", "cam-1-low", "cam-1-low-2"]
    assert (await add(client, url="rtsp://cam-1/low", room="other"))[1]["name"] == "cam-1"


@pytest.mark.parametrize(
    ("values", "status", "says"),
    [
        ({"name": "a"}, 422, "url"),
        ({"name": "a", "url": "gopher://x"}, 422, "url: an address such as"),
        ({"name": "a b", "url": "rtsp://x"}, 422, "name"),
        ({"name": "a", "url": "rtsp://x", "mood": 1}, 422, "mood"),
        ({"name": "a", "url": "rtsp://x", "start": "soon"}, 422, "start"),
        ({"name": "a", "url": "rtsp://x", "from_page": "yes"}, 422, "from_page"),
        ({"name": "a", "url": "/etc/passwd"}, 422, "must lie in MEDIA_DIR"),
        ({"name": "a", "url": "../private.mp4"}, 422, "must lie in MEDIA_DIR"),
        ({"name": "a", "url": "way-out.mp4"}, 422, "must lie in MEDIA_DIR"),
        ({"name": "a", "url": "rtsp://x", "model_url": "way-out.mp4"}, 422, "model_url"),
        ({"name": "a", "url": "gone.mp4"}, 422, "is no file"),
        ({"name": "a", "url": "x\0y"}, 422, "url"),
        ({"url": 7}, 422, "url"),
        ([], 400, "JSON object"),
        *((body, 400, "is not JSON") for body in (b"", b"{", b"[" * 50_000, b"\xff")),
    ],
)
async def test_what_is_wrong_is_one_line(
    client: Client, sources: ScriptedSources, values: object, status: int, says: str
) -> None:
    body = {"data": values} if isinstance(values, bytes) else {"json": values}
    answer = await client.post("/api/sources", **body)
    error = (await answer.json())["error"]
    assert answer.status == status
    assert says in error
    assert "\n" not in error
    assert sources.added == []


async def test_files_of_the_media_folder(client: Client, sources: ScriptedSources) -> None:
    for url in ("clip.mp4", "file:clip.mp4"):
        assert (await add(client, url=url, from_page=True))[0] == 201
    spec, from_page = sources.added[0]
    assert from_page
    assert Path(spec.address.url).is_absolute()
    assert spec.address.safe == "clip.mp4"


@pytest.mark.parametrize("url", ["/dev/video0", "screen", "test", "test:640x360@15", "demo"])
async def test_what_only_this_machine_may_add(client: Client, url: str) -> None:
    other = {"url": "http://10.0.0.1/x", "via": "livekit-ingress", "name": "other"}
    assert (await add(client, **other, from_page=True))[0] == 422
    assert (await add(client, **other))[0] == 201
    status, answer = await add(client, url=url, from_page=True)
    assert status == 422
    assert "from the page" in answer["error"]
    assert (await add(client, url="rtsp://x", model_url=url, from_page=True))[0] == 422
    assert (await add(client, url=url))[0] == 201


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer ö"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/sources"),
        ("POST", "/api/sources"),
        ("DELETE", "/api/sources/gate"),
        ("POST", "/api/sources/gate/wake"),
        ("POST", "/api/probe"),
        ("GET", "/api/nothing"),
    ],
)
async def test_nothing_below_api_goes_without_the_token(
    client: Client, sources: ScriptedSources, method: str, path: str, given: str
) -> None:
    json_body = {"url": "rtsp://x", "name": "gate"}
    answer = await client.request(method, path, json=json_body, headers={"Authorization": given})
    assert answer.status == 401
    assert TOKEN not in await answer.text()
    assert sources.added == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8197", "127.0.0.1.nip.io", "a b"])
async def test_another_host_name_is_refused(client: Client, host: str) -> None:
    for path in ("/health", "/metrics", "/api/sources"):
        assert (await client.get(path, headers={**AUTH, "Host": host})).status in (400, 403)
    for own in ("localhost:1", "[::1]:8197", "127.0.0.1"):
        assert (await client.get("/health", headers={"Host": own})).status == 200


async def test_it_answers_under_the_name_that_it_is_given(
    settings: Settings, sources: ScriptedSources
) -> None:
    named = settings.model_copy(update={"ingress_host": "ingress", "metrics_open": True})
    async with TestClient(TestServer(Api(named, sources, TOKEN).app())) as client:
        for path in ("/api/sources", "/metrics"):
            answer = await client.get(path, headers={**AUTH, "Host": "ingress:8197"})
            assert answer.status == 200


async def test_open_metrics_answer_under_any_name_and_nothing_else_does(
    settings: Settings, sources: ScriptedSources
) -> None:
    watched = settings.model_copy(update={"metrics_open": True})
    async with TestClient(TestServer(Api(watched, sources, TOKEN).app())) as client:
        for path, status in (("/health", 200), ("/metrics", 200), ("/api/sources", 403)):
            answer = await client.get(path, headers={**AUTH, "Host": "10.1.2.3:8197"})
            assert answer.status == status


async def test_metrics_are_sums_that_no_removal_makes_smaller(
    client: Client, sources: ScriptedSources
) -> None:
    one = SourceReport(
        *("gate-7", "r", "test", "relay"), "live", frames=5, byte_count=700, reconnects=2, skipped=1
    )
    sources.reports = {("gate-7", "r"): one, ("b", "r"): replace(one, name="b", state="failed")}
    text = await (await client.get("/metrics")).text()
    told = set(text.splitlines())
    assert {
        'pressbox_ingress_sources{state="live"} 1.0',
        'pressbox_ingress_sources{state="failed"} 1.0',
        'pressbox_ingress_sources{state="stalled"} 0.0',
        "pressbox_ingress_frames_total 10.0",
        "pressbox_ingress_bytes_total 1400.0",
        "pressbox_ingress_reconnects_total 4.0",
        "pressbox_ingress_skipped_total 2.0",
    } <= told
    assert "gate-7" not in text
    sources.reports = {("b", "r"): replace(one, name="b", frames=7)}
    assert "pressbox_ingress_frames_total 12.0" in await (await client.get("/metrics")).text()
    sources.reports = {("b", "r"): replace(one, name="b", frames=3)}  # added anew
    assert "pressbox_ingress_frames_total 15.0" in await (await client.get("/metrics")).text()


def test_metrics_tell_sources_by_name_where_that_is_wanted() -> None:
    report = SourceReport('a"\n', "r", "test", "relay", state="live", frames=5)
    lines = set(Metrics(lambda: [report], by_name=True).text().decode().splitlines())
    label = r'room="r",source="a\"\n"'
    assert f'pressbox_ingress_sources{{{label},state="live"}} 1.0' in lines
    assert f'pressbox_ingress_sources{{{label},state="failed"}} 0.0' in lines
    assert f"pressbox_ingress_frames_total{{{label}}} 5.0" in lines


async def test_no_secret_comes_out(
    client: Client,
    sources: ScriptedSources,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "aiohttp.access")  # the service writes none
    said = []
    url = "rtsp://admin:p@ss@127.0.0.1:9/x?password=hunter2&token=t0ken-value"
    for values in (
        {"url": url},
        {"url": url, "name": "gate"},
        {"url": url, "name": "gate"},
        {"url": url, "name": "bad name"},
        {"url": url, "name": "b", "mode": url},
        {"url": url, "name": "b", "via": url},
        {"url": "ftp://" + url, "name": "b"},
        {"url": "rtsp://cam", "model_url": url},
        {"url": "rtsp://cam", "name": url},
        {"url": "rtsp://cam", "name": "c", url: url},
    ):
        said += [json.dumps(await add(client, **values))]
    sources.broken = RuntimeError(f"cannot open {url}")
    said.append(json.dumps(await add(client, url=url, name="broken")))
    for path in ("/api/sources", "/metrics", "/health"):
        said += [await (await client.get(path)).text()]
    said.append(await (await client.post("/api/probe", json={"url": url})).text())
    for name in ("gate", quote(url, safe="")):
        said += [await (await client.delete(f"/api/sources/{name}")).text()]
    said.append(caplog.text)
    said.extend(capfd.readouterr())
    for secret in SECRETS:
        assert secret not in "\n".join(said)
    assert "RuntimeError" in caplog.text


async def test_a_push_gets_a_key_that_is_shown_once_and_kept(
    client: Client, sources: ScriptedSources
) -> None:
    status, made = await add(client, url="push", name="studio")
    assert (status, made["url"]) == (201, "push")
    key = sources.added[0][0].address.password
    assert len(key) >= 16
    assert made["push"]["rtmp"]["key"] == f"studio?pass={key}"
    assert all(key in json.dumps(way) for way in made["push"].values())
    assert key not in await (await client.get("/api/sources")).text()
    _, other = await add(client, url="push", name="other")
    assert key not in json.dumps(other)


@pytest.mark.parametrize(
    "wrong", [{"from_page": True}, {"via": "livekit-ingress"}, {"url": "push:short"}]
)
async def test_who_may_make_no_push(client: Client, wrong: dict[str, object]) -> None:
    status, said = await add(client, **{"url": "push", "name": "studio", **wrong})
    assert (status, said["field"]) == (422, "via" if "via" in wrong else "url")


async def test_mediamtx_needs_no_token_and_gets_no_word(client: Client) -> None:
    asked = {"action": "publish", "path": "live/studio", "password": "guessed"}
    answer = await client.post("/push", json=asked, headers={"Authorization": ""})
    assert (answer.status, await answer.read()) == (401, b"")
