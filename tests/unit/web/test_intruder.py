"""What somebody tries who has no business here. Paths out of the page's folder are tried in
test_web_server.py, addresses of this machine as sources in tests/unit/ingress, names and texts with
HTML in them in tests/browser/test_intruder.py, and stolen identities in tests/room.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import time
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest

from config.settings import load_settings
from config.viewer_links import KEY_FILE, ViewerLinks
from tests.support.http_api import OPERATOR, Serving, running
from tests.support.ports import free_port
from web.access import limits

JSON = {"Content-Type": "application/json"}
ENDPOINT = "/api/livekit/token"


def link(folder: Path, room: str = "lobby", hours: float = 1.0) -> str:
    settings = load_settings(cli={"state_dir": str(folder)}, env={}, directory=folder)
    return ViewerLinks(settings).make(room, hours)


# names that are bound anew to this machine's address


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:80", "10.0.0.7", "a b:c", "x@127.0.0.1", "[::1", ""],
)
async def test_a_page_that_rebinds_its_name_gets_nothing(serving: Serving, host: str) -> None:
    async with serving() as client:
        for headers in ({"Host": host}, {"Host": host, "X-Forwarded-Host": "localhost"}):
            for path in ("/", "/api/status"):
                assert (await client.get(path, headers=headers)).status == 421
            assert (await client.post(ENDPOINT, headers=headers)).status == 421


async def test_the_names_of_the_page_are_answered(serving: Serving) -> None:
    async with serving() as client:
        for host in ("localhost:8199", "127.0.0.1", "[::1]:8199", "LocalHost."):
            assert (await client.get("/api/status", headers={"Host": host})).status == 200
    async with serving(web_host="0.0.0.0", web_names="box.example") as client:
        for host, status in (("box.example", 200), ("10.0.0.7:8199", 200), ("evil.example", 421)):
            assert (await client.get("/", headers={"Host": host})).status == status


# links


def _forged(folder: Path) -> dict[str, str]:
    claims = {"aud": "pressbox.watch", "room": "lobby", "exp": int(time.time() + 60)}
    key = (folder / KEY_FILE).read_text().strip()
    good = link(folder)
    lasting = {name: claims[name] for name in ("aud", "room")}
    return {
        "another key": jwt.encode(claims, "x" * 43, algorithm="HS256"),
        "none": jwt.encode(claims, "", algorithm="none"),
        "over": link(folder, hours=-0.01),
        "another room": link(folder, "attic"),
        "for something else": jwt.encode({**claims, "aud": "pressbox"}, key, algorithm="HS256"),
        "for ever": jwt.encode(lasting, key, algorithm="HS256"),
        "changed": good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        "no token": "a.b.c",
        "letters": "\xff" * 200,
    }


async def test_only_a_link_of_ours_for_this_room_opens_it(serving: Serving, tmp_path: Path) -> None:
    good = link(tmp_path)
    async with serving(web_host="0.0.0.0") as client:
        assert (await client.post(ENDPOINT)).status == 401
        for why, token in _forged(tmp_path).items():
            answer = await client.post(ENDPOINT, headers={"Authorization": f"Bearer {token}"})
            assert answer.status == 401, why
            if why != "another room":
                opened = await client.get("/", params={"view": token}, allow_redirects=False)
                assert (opened.status, "Set-Cookie" in opened.headers) == (403, False), why
        for header in (f"Bearer {good}", "Basic " + _basic("vlc", good)):
            answer = await client.post(ENDPOINT, headers={"Authorization": header})
            assert answer.status == 201
        own = await client.post(ENDPOINT, json={"room_name": "attic"}, headers=OPERATOR)
        assert own.status == 201


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


async def test_a_link_leaves_no_secret_in_the_address(serving: Serving, tmp_path: Path) -> None:
    token = link(tmp_path, "a&b\r\nX-Evil: 1")
    async with serving(web_host="0.0.0.0") as client:
        asked = {"room": "x", "view": token}
        answer = await client.get("/", params=asked, allow_redirects=False)
        assert answer.status == 303
        assert answer.headers["Location"] == "/?room=a%26b%0D%0AX-Evil%3A+1"
        assert "X-Evil" not in answer.headers
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        root = str(client.make_url("/"))
        async with client.session.get(f"{root}/evil.example/?view={token}") as elsewhere:
            assert elsewhere.status == 404


async def test_a_viewer_watches_one_room_and_changes_nothing(
    serving: Serving, tmp_path: Path
) -> None:
    async with serving(web_host="0.0.0.0") as client:
        token = link(tmp_path)
        opened = await client.get("/", params={"view": token}, allow_redirects=False)
        cookie = {"Cookie": opened.headers["Set-Cookie"].partition(";")[0]}
        made = await client.post(ENDPOINT, headers=cookie)
        assert made.status == 201
        claims = jwt.decode(
            (await made.json())["participant_token"], options={"verify_signature": False}
        )
        assert claims["sub"].startswith("guest-")
        attic = await client.post(ENDPOINT, json={"room_name": "attic"}, headers=cookie)
        assert attic.status == 401
        agents = {"room_config": {"agents": [{"agent_name": "pressbox", "metadata": "{}"}]}}
        assert (await client.post(ENDPOINT, json=agents, headers=cookie)).status == 422
        assert (await client.get("/api/status?room=attic", headers=cookie)).status == 401
        for headers in (cookie, {"Authorization": f"Bearer {token}"}):
            added = await client.post("/api/sources", json={"url": "test"}, headers=headers)
            assert added.status == 401
            assert (await client.delete("/api/sources/gate", headers=headers)).status == 401


# proxies


async def test_behind_a_proxy_nobody_is_taken_for_this_machine(serving: Serving) -> None:
    async with serving() as client:
        assert (await client.post(ENDPOINT)).status == 201
        for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP"):
            assert (await client.post(ENDPOINT, headers={name: "x"})).status == 401


async def test_a_page_by_https_is_told_at_once_what_it_lacks(
    serving: Serving, tmp_path: Path
) -> None:
    token = link(tmp_path)
    there = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "box.example"}
    asked = {**there, "Authorization": f"Bearer {token}"}
    async with serving(web_names="box.example") as client:
        answer = await client.post(ENDPOINT, headers=asked)
        assert answer.status == 503
        assert "LIVEKIT_PUBLIC_URL" in (await answer.json())["error"]
        status = await (await client.get("/api/status", headers=asked)).json()
        assert "LIVEKIT_PUBLIC_URL" in status["problem"]
        opened = await client.get("/", params={"view": token}, headers=there, allow_redirects=False)
        assert "Secure" in opened.headers["Set-Cookie"]
    public = {"web_names": "box.example", "livekit_public_url": "wss://lk.example"}
    async with serving(**public) as client:
        made = await client.post(ENDPOINT, headers={**asked, "Origin": "https://box.example"})
        assert (await made.json())["server_url"] == "wss://lk.example"
    async with serving(**public, web_proxies="10.0.0.0/8") as client:
        stranger = await client.post(ENDPOINT, headers={**asked, "Origin": "https://box.example"})
        assert stranger.status == 403, "only a proxy of ours says what the page is called"


# pages of others


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://front.example"}, 201),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example"}, 201),
        ({}, 201),
    ],
)
async def test_a_strangers_page_makes_a_browser_do_nothing(
    serving: Serving, headers: dict[str, str], status: int
) -> None:
    async with serving(web_origins="https://app.example") as client:
        answer = await client.post(ENDPOINT, data=b"{}", headers={**JSON, **headers})
        assert answer.status == status
        own = {"Origin": str(client.make_url("/").origin())}
        assert (await client.post(ENDPOINT, headers=own)).status == 201


async def test_only_allowed_origins_read_and_nobodys_cookies_count(serving: Serving) -> None:
    wish = {"Access-Control-Request-Method": "POST"}
    async with serving(web_origins="https://app.example") as client:
        for origin, allowed in (("https://app.example", True), ("https://app.example.evil", False)):
            before = await client.options(ENDPOINT, headers={"Origin": origin, **wish})
            answer = await client.get("/api/status", headers={"Origin": origin})
            for one in (before, answer):
                said = one.headers.get("Access-Control-Allow-Origin")
                assert said == (origin if allowed else None)
                assert "Access-Control-Allow-Credentials" not in one.headers
                assert one.headers["Vary"] == "Origin"


async def test_every_answer_says_what_a_browser_may_do_with_it(serving: Serving) -> None:
    async with serving() as client:
        for path in ("/", "/nothing", "/api/status", "/api/nothing"):
            headers = (await client.get(path)).headers
            assert "default-src" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"


# too much, and too slowly


async def test_a_giant_body_is_refused(serving: Serving) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 65536

    async with serving() as client:
        assert (await client.post(ENDPOINT, data=endless(), headers=JSON)).status == 413
        packed = gzip.compress(b" " * 50_000_000)
        headers = {**JSON, "Content-Encoding": "gzip"}
        assert (await client.post(ENDPOINT, data=packed, headers=headers)).status == 413
        assert (await client.get("/health", headers={"X-Long": "x" * 20_000})).status == 400
        many = {f"X-{number}": "x" for number in range(500)}
        assert (await client.get("/health", headers=many)).status == 400
        assert (await client.get("/health")).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow",
        b"POST /api/livekit/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
        b"Content-Type: application/json\r\n\r\n{",
    ],
)
async def test_who_never_ends_a_request_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("web.server.HEADER_LIMIT", 0.2)
    monkeypatch.setattr(limits, "BODY_LIMIT", 0.2)
    port = free_port()
    keys = {"livekit_api_key": "key", "livekit_api_secret": "x" * 40, "web_port": port}
    async with running(load_settings(cli=keys, env={}, directory=tmp_path), tmp_path):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        said = await reader.read()
        writer.close()
    assert said == b"" or said.startswith(b"HTTP/1.1 408")


async def test_one_address_cannot_take_all_the_time_there_is(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BURST", 3.0)
    monkeypatch.setattr(limits, "RATE", 1e-6)
    async with serving() as client:
        for host, status in ((1, 200), (2, 200), (3, 200), (4, 429)):  # one customer's network
            headers = {"X-Forwarded-For": f"1.2.3.{host}, 2001:db8::{host}"}
            assert (await client.get("/health", headers=headers)).status == status
        other = {"X-Forwarded-For": "2001:db8::1, 2001:db8:0:1::1"}
        assert (await client.get("/health", headers=other)).status == 200
        for _ in range(5):
            assert (await client.get("/health")).status == 200


def test_a_bucket_fills_again_and_many_addresses_take_no_more_room() -> None:
    buckets = limits.Buckets()
    assert buckets.take("a", limits.BURST, 0.0) == 0
    assert buckets.take("a", 1.0, 0.0) == 1.0 / limits.RATE
    assert buckets.take("a", 1.0, 1.0 / limits.RATE) == 0
    assert buckets.take("b", 1.0, 0.0) == 0
    for number in range(10_000):
        buckets.take(str(number), 1.0, 0.0)
    assert len(buckets._left) < 5_000
