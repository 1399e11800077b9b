"""Links: who may make which, and what one that steers opens and does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import pytest
from yarl import URL

from config.settings import load_settings
from config.viewer_links import ViewerLinks
from tests.support.http_api import OPERATOR, Client, Serving

OPEN = {"web_host": "0.0.0.0"}


@pytest.fixture
def links(tmp_path: Path) -> ViewerLinks:
    cli = {"state_dir": str(tmp_path)}
    return ViewerLinks(load_settings(cli=cli, env={}, directory=tmp_path))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def asked(client: Client, wish: object, headers: dict[str, str]) -> dict[str, Any]:
    answer = await client.post("/api/links", json=wish, headers=headers)
    return {"status": answer.status, **await answer.json()}


CHANGES = [("settings", {"length": "brief"}), ("rules", {}), ("note", {"text": "a"})]


async def test_a_link_that_steers_changes_its_room_and_nothing_else(
    serving: Serving, links: ViewerLinks
) -> None:
    steer, watch = (bearer(links.make("lobby", 1, steer=one)) for one in (True, False))
    async with serving(**OPEN) as client:
        for what, change in CHANGES:
            for room, headers, status in (
                ("lobby", steer, 200),
                ("attic", steer, 401),
                ("lobby", watch, 401),
                ("lobby", {}, 401),
            ):
                path = f"/api/{what}?room={room}"
                assert (await client.post(path, json=change, headers=headers)).status == status
        for method, path in (
            ("POST", "/api/sources"),
            ("DELETE", "/api/sources/gate"),
            ("GET", "/metrics"),
        ):
            answer = await client.request(method, path, headers=steer)
            assert answer.status == 401, path
        for headers, begins in ((steer, "viewer-"), (watch, "guest-")):
            made = await (await client.post("/api/livekit/token", headers=headers)).json()
            claims = jwt.decode(made["participant_token"], options={"verify_signature": False})
            assert claims["sub"].startswith(begins)


async def test_a_link_to_watch_does_not_take_the_place_of_one_that_steers(
    serving: Serving, links: ViewerLinks
) -> None:
    async with serving(**OPEN) as client:
        cookies = []
        for steer in (True, False):
            opened = await client.get(
                "/", params={"view": links.make("lobby", 1, steer=steer)}, allow_redirects=False
            )
            cookies.append(opened.headers["Set-Cookie"].partition(";")[0])
        for sent, who in ((cookies, "steer"), (cookies[1:], "guest")):
            status = await client.get("/api/status", headers={"Cookie": "; ".join(sent)})
            assert (await status.json())["you"] == who


@pytest.mark.parametrize(
    ("near", "host", "who"),
    [(True, "localhost:8199", "operator"), (False, "localhost:8199", ""), (True, "10.0.0.1", "")],
)
async def test_a_port_that_is_published_on_loopback_is_near(
    serving: Serving, near: bool, host: str, who: str
) -> None:
    async with serving(**OPEN, web_near=str(near).lower()) as client:
        status = await client.get("/api/status", headers={"Host": host})
        assert (status.status, (await status.json()).get("you", "")) == (200 if who else 401, who)


async def test_who_may_hand_out_which_links(serving: Serving, links: ViewerLinks) -> None:
    steer, watch = (bearer(links.make("lobby", 1, steer=one)) for one in (True, False))
    async with serving(**OPEN) as client:
        for headers, wish, status in (
            (OPERATOR, {"steer": True, "room": "attic", "hours": 200}, 201),
            (steer, {}, 201),
            (steer, {"steer": True}, 403),
            (steer, {"room": "attic"}, 401),
            (watch, {}, 403),
            ({}, {}, 401),
            (OPERATOR, {"hours": 0}, 400),
            (OPERATOR, {"hours": 24 * 400}, 400),
        ):
            made = await asked(client, wish, headers)
            assert made["status"] == status
            if status != 201:
                assert "\n" not in made["error"]
                continue
            shown = links.read(URL(made["url"]).query["view"])
            assert shown.room == wish.get("room", "lobby")
            assert shown.steer == wish.get("steer", False)
            assert made["qr"].startswith("<svg ")
        for headers, told in ((OPERATOR, True), (steer, True), (watch, False)):
            status = await (await client.get("/api/status", headers=headers)).json()
            assert status["links"] is told
        week = await asked(client, {"hours": 24 * 7}, steer)
        assert links.read(URL(week["url"]).query["view"]).seconds <= 12 * 3600


async def test_a_link_leads_where_others_find_the_page(serving: Serving) -> None:
    proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "box.example"}
    async with serving(web_names="box.example") as client:
        near = await asked(client, {}, {})
        assert (near["status"], "LAN=on" in near["error"]) == (409, True)
        assert (await (await client.get("/api/status")).json())["links"] is False
        far = await asked(client, {}, {**OPERATOR, **proxy, "Origin": "https://box.example"})
        assert far["url"].startswith("https://box.example/?room=lobby&view=")
    async with serving(lan=True, tls_port=9443) as client:
        url = URL((await asked(client, {}, {}))["url"])
        assert (url.scheme, url.port) == ("https", 9443)
    container = {"lan": True, "web_near": True, "web_names": "10.0.0.7,box.example"}
    async with serving(**container) as client:
        assert (await asked(client, {}, {}))["url"].startswith("https://10.0.0.7:8443/")
    async with serving(web_host="0.0.0.0", web_port=9199) as client:
        by_address = await asked(client, {}, {**OPERATOR, "Host": "10.0.0.7:9199"})
        assert by_address["url"].startswith("http://10.0.0.7:9199/")
        assert URL((await asked(client, {}, OPERATOR))["url"]).port == 9199
