"""The page's own address as that of LiveKit, with the real server behind it."""

from __future__ import annotations

from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer
from livekit import rtc

from config.settings import load_settings
from tests.support.livekit_server import LiveKitServer
from web.page import Page
from web.server import Server


async def test_a_robot_joins_by_the_address_of_the_page_which_tells_that_the_server_is_gone(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    values = {name.lower(): value for name, value in livekit_server.environment.items()}
    cli = {**values, "lan": True, "state_dir": str(tmp_path)}
    settings = load_settings(cli=cli, env={}, directory=tmp_path)
    async with TestClient(TestServer(Server(settings, Page(tmp_path)).app())) as client:
        room = rtc.Room()
        url = str(client.make_url("").with_scheme("ws"))
        await room.connect(url, livekit_server.token("lobby", "robot"))
        try:
            await room.local_participant.publish_data(b"here")
            assert room.isconnected()
            livekit_server.kill()
            assert (await client.get("/rtc/validate")).status == 502
        finally:
            livekit_server.start()
            await livekit_server.ready()
            await room.disconnect()
