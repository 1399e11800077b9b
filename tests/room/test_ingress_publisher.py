"""`python -m ingress publish` as a process in a real room."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from livekit import rtc

from tests.support.clips import film
from tests.support.launched import command_lines
from tests.support.livekit_server import LiveKitServer
from tests.support.viewer_probe import watching


@asynccontextmanager
async def publishing(
    server: LiveKitServer, source: str, room: str, *more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ingress", "publish", source, "--room", room, "--live", *more),
        env={**os.environ, **server.environment},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_picture_and_sound_of_a_file_arrive_and_begin_again(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    clip = film(tmp_path / "clip.mp4", seconds=2, size=(320, 240), sound="aac")
    token = livekit_server.token("file", "viewer")
    async with (
        publishing(livekit_server, str(clip), "file"),
        watching(livekit_server.url, token, picture="camera", sound="sound") as viewer,
    ):
        await viewer.until(
            lambda: len(viewer.bursts) >= 3, timeout=20, what=f"three beeps {viewer.bursts}"
        )
        people = viewer.room.remote_participants
    whole = viewer.bursts[-2:]  # the first one may have been under way when the viewer came
    assert list(people) == ["clip"]
    assert people["clip"].kind == rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS
    assert {(frame.width, frame.height) for frame in viewer.frames} == {(320, 240)}
    assert 1.7 < whole[1].start - whole[0].start < 2.6


async def test_sigterm_ends_it_cleanly_with_and_without_a_server(
    livekit_server: LiveKitServer,
) -> None:
    async with publishing(livekit_server, "demo", "term") as process:
        token = livekit_server.token("term", "viewer")
        async with watching(livekit_server.url, token, picture="camera") as viewer:
            await viewer.until(lambda: len(viewer.frames) > 3, timeout=30, what="a picture")
            process.send_signal(signal.SIGTERM)
            _, said = await asyncio.wait_for(process.communicate(), 10)
            gone = viewer.room.remote_participants
            await viewer.until(lambda: not gone, timeout=40, what="it to leave the room")
    assert process.returncode == 0
    assert b"Traceback" not in said
    assert b"panicked" not in said
    livekit_server.kill()
    async with publishing(livekit_server, "demo", "term") as process:
        assert process.stderr
        line = await asyncio.wait_for(process.stderr.readuntil(b"no way into room"), 30)
        process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0
    assert b"Traceback" not in line + rest
    assert livekit_server.api_secret.encode() not in line + rest


async def test_a_password_is_not_to_be_seen_anywhere(livekit_server: LiveKitServer) -> None:
    address = "rtsp://admin:p@ssw@127.0.0.1:9/a?password=hunter2&token=t0ken-value"
    async with publishing(livekit_server, address, "alone") as process:
        assert process.stderr
        said = await asyncio.wait_for(process.stderr.readuntil(b"nobody listens"), 30)
        shown = command_lines(process.pid)
        process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    text = (said + rest).decode() + shown
    assert "python -m ingress publish rtsp://127.0.0.1:9/a" in text
    assert not any(secret in text for secret in ("p@ssw", "p%40ssw", "hunter2", "t0ken-value"))
    assert "Traceback" not in text


async def test_who_is_replaced_by_its_own_name_gives_way(livekit_server: LiveKitServer) -> None:
    async with publishing(livekit_server, "demo", "twice") as first:
        token = livekit_server.token("twice", "viewer")
        async with watching(livekit_server.url, token, picture="camera") as viewer:
            await viewer.until(lambda: len(viewer.frames) > 3, timeout=30, what="a picture")
        async with publishing(livekit_server, "demo", "twice") as second:
            _, said = await asyncio.wait_for(first.communicate(), 30)
            assert second.returncode is None
    assert first.returncode == 1
    assert b"another participant has joined under this name" in said
