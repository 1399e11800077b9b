"""Who asks for the identity of somebody present, against a real livekit-server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from livekit import api, rtc

from config.settings import load_settings
from tests.support.livekit_server import LiveKitServer
from web.page import Page
from web.server import Server

Client = TestClient[Request, Application]


@asynccontextmanager
async def served(server: LiveKitServer, folder: Path) -> AsyncIterator[Client]:
    values = {name.lower(): value for name, value in server.environment.items()}
    cli = {**values, "room": f"room-{secrets.token_hex(3)}", "state_dir": str(folder)}
    settings = load_settings(cli=cli, env={}, directory=folder)
    async with TestClient(TestServer(Server(settings, Page(folder)).app())) as client:
        yield client


async def token_for(client: Client, **wish: str) -> str:
    answer = await client.post("/api/livekit/token", json=wish)
    assert answer.status == 201
    return str((await answer.json())["participant_token"])


@asynccontextmanager
async def joined(server: LiveKitServer, token: str) -> AsyncIterator[rtc.Room]:
    room = rtc.Room()
    await room.connect(server.url, token)
    try:
        yield room
    finally:
        await room.disconnect()


@pytest.mark.parametrize(("identity", "kind"), [("agent-AJ_1", "agent"), ("gate", "ingress")])
async def test_neither_the_agent_nor_a_camera_is_thrown_out(
    livekit_server: LiveKitServer, tmp_path: Path, identity: str, kind: Literal["agent", "ingress"]
) -> None:
    async with served(livekit_server, tmp_path) as client, asyncio.timeout(30):
        room = (await (await client.get("/api/status")).json())["room"]
        keys = livekit_server.api_key, livekit_server.api_secret
        grants = api.VideoGrants(room_join=True, room=room)
        own = api.AccessToken(*keys).with_identity(identity).with_kind(kind).with_grants(grants)
        async with joined(livekit_server, own.to_jwt()) as victim:
            gone = asyncio.Event()
            victim.on("disconnected", lambda _: gone.set())
            stolen = await token_for(client, participant_identity=identity)
            async with joined(livekit_server, stolen) as thief:
                while identity not in thief.remote_participants:
                    await asyncio.sleep(0.05)
                assert thief.local_participant.identity != identity
                assert not gone.is_set()


async def test_a_viewer_is_displaced_by_nobody_but_itself(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with served(livekit_server, tmp_path) as client, asyncio.timeout(30):
        token = await token_for(client)
        async with joined(livekit_server, token) as first:
            mine = first.local_participant.identity
            gone = asyncio.Event()
            first.on("disconnected", lambda _: gone.set())
            other = await token_for(client, participant_identity=mine)
            async with joined(livekit_server, other) as thief:
                while mine not in thief.remote_participants:
                    await asyncio.sleep(0.05)
                assert not gone.is_set()
            again = await token_for(client, participant_identity=mine, participant_token=token)
            async with joined(livekit_server, again) as reloaded:
                assert reloaded.local_participant.identity == mine
                await gone.wait()
