"""A booth in this process, in a real room, for tests that look closely."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from livekit import rtc

from agent.booth import Booth
from agent.room.chosen import choose
from agent.surroundings import in_livekit
from config.room_state import RoomState
from config.settings import load_settings
from tests.support.camera import room_options
from tests.support.livekit_server import LiveKitServer

GATES_OPEN = '"change_threshold":0,"repeat_threshold":1'
QUICK = f'"stream_delay_init":1.0,"tts_pause_after":0.3,"inference_interval":0.2,{GATES_OPEN}'
"""Settings that make a test short."""


@asynccontextmanager
async def booth(
    server: LiveKitServer,
    room: str,
    engine_url: str,
    *,
    metadata: str = "{" + QUICK + "}",
    state_dir: Path,
    **more: object,
) -> AsyncIterator[Booth]:
    """A running booth, set up as the worker sets it up; `more` are settings of the process."""
    given = {"engine_url": engine_url, "state_dir": state_dir, **more}
    settings = load_settings(cli=given, env={})
    state = RoomState(settings.state_dir, room)
    chosen = choose(settings.room_settings(), metadata, state.load())
    connection = rtc.Room()
    await connection.connect(
        server.url,
        server.token(room, "agent-pressbox", kind="agent"),
        room_options(settings.room_key.get_secret_value().encode()),
    )
    has_key = bool(settings.room_key.get_secret_value())
    made = Booth(in_livekit(connection, has_key=has_key), settings, chosen, state=state)
    await made.start()
    try:
        yield made
    finally:
        await made.aclose()
        await connection.disconnect()
