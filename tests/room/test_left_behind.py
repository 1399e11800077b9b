"""What a worker that was killed has left in its rooms."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack
from pathlib import Path

from livekit import api, rtc

from agent import left_behind
from config.settings import load_settings
from tests.support.livekit_server import LiveKitServer


async def test_only_agents_of_this_host_are_taken_out(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    values = {name.lower(): value for name, value in livekit_server.environment.items()}
    settings = load_settings(cli=values, env={}, directory=tmp_path)
    secret = settings.livekit_api_secret.get_secret_value()
    async with AsyncExitStack() as stack:
        for name, kind, host in (
            ("ghost", "agent", socket.gethostname()),
            ("other", "agent", "another-host"),
            ("person", "standard", socket.gethostname()),
        ):
            token = api.AccessToken(settings.livekit_api_key, secret).with_identity(name)
            token.with_kind(kind).with_attributes({left_behind.HOST_ATTRIBUTE: host})  # type: ignore[arg-type]
            token.with_grants(api.VideoGrants(room_join=True, room="left"))
            room = rtc.Room()
            stack.push_async_callback(room.disconnect)
            await room.connect(livekit_server.url, token.to_jwt())
        await left_behind.remove(settings)
        keys = settings.livekit_api_key, secret
        async with api.LiveKitAPI(livekit_server.http_url, *keys) as lkapi:
            found = await lkapi.room.list_participants(api.ListParticipantsRequest(room="left"))
    assert {one.identity for one in found.participants} == {"other", "person"}
