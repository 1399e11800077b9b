"""A commentator that follows a test's script: an agent in a real room, with all that a booth shows.

The picture is a bright gradient that moves; the voice is a tone.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from livekit import api, rtc

from agent.alerts.rulebook import Rulebook
from agent.room.rpc import BAD_REQUEST, refuse_guests
from config.alert_rule import RuleError
from config.errors import SettingsError
from config.settings import RoomSettings
from tests.support.livekit_server import LiveKitServer

WIDTH, HEIGHT, FPS = 320, 180, 15
SAMPLE_RATE = 24_000
TONE = 440.0

STATUS: dict[str, Any] = {
    "mode": "active",
    "profile": "default",
    "preset": "default",
    "source": "camera-1",
    "delay": 2.4,
    "behind": False,
    "engine": "up",
    "error": "",
    "watching": True,
    "viewers": 1,
    "paused": "",
}


class ScriptedBooth:
    """Joins `room` as an agent. `questions` receives what is asked on `lk.chat`, `talks` whether
    the button to talk is held; `settings` and `rules` are what was made of them by RPC.
    """

    def __init__(self, server: LiveKitServer, room: str, identity: str = "agent-scripted") -> None:
        self._server = server
        self._name = room
        self._identity = identity
        self.room = rtc.Room()
        self.questions: asyncio.Queue[tuple[str, str]] = asyncio.Queue(16)
        self.talks: asyncio.Queue[bool] = asyncio.Queue(16)
        self.settings = RoomSettings()
        self.rules = Rulebook()
        self.size = (WIDTH, HEIGHT)  # of the picture
        self._video = rtc.VideoSource(*self.size)
        self._audio = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=100)
        self._speaking = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._reading: set[asyncio.Task[None]] = set()
        self._status = STATUS

    async def start(self, **status: object) -> None:
        """Join and publish `delayed` and `commentary`; `status` changes the usual one."""
        token = (
            api.AccessToken(self._server.api_key, self._server.api_secret)
            .with_identity(self._identity)
            .with_kind("agent")
            .with_grants(
                api.VideoGrants(room_join=True, room=self._name, can_update_own_metadata=True)
            )
        )
        self.room.register_text_stream_handler("lk.chat", self._on_chat)
        await self.room.connect(self._server.url, token.to_jwt())
        me = self.room.local_participant
        for method in ("get", "set", "rules", "talk"):
            me.register_rpc_method(f"pressbox.{method}", getattr(self, f"_on_{method}"))
        await me.publish_track(
            rtc.LocalVideoTrack.create_video_track("delayed", self._video),
            rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False),
        )
        await me.publish_track(
            rtc.LocalAudioTrack.create_audio_track("commentary", self._audio),
            rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE),
        )
        self._tasks = [
            asyncio.create_task(self._show(), name="scripted.show"),
            asyncio.create_task(self._sound(), name="scripted.sound"),
        ]
        await self.status(**status)
        await self.state("listening")

    async def aclose(self) -> None:
        """Leave the room."""
        tasks = [*self._tasks, *self._reading]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.room.disconnect()
        await self._audio.aclose()
        await self._video.aclose()

    async def status(self, **changes: object) -> None:
        """Change `pressbox.status`."""
        self._status = {**self._status, **changes}
        await self.attributes(**{"pressbox.status": json.dumps(self._status)})

    async def state(self, state: str) -> None:
        """Change `lk.agent.state`."""
        await self.attributes(**{"lk.agent.state": state})

    async def attributes(self, **attributes: str) -> None:
        """Set participant attributes as they are."""
        await self.room.local_participant.set_attributes(attributes)

    async def line(self, phase: str, line_id: str, **fields: object) -> None:
        """Send one `pressbox.line` object."""
        now = time.time()
        usual = {"kind": "commentary", "text": "", "spoken": True, "dropped": None}
        times = {"capture_time": now - 2.4, "display_time": now}
        event = {"id": line_id, "phase": phase, **usual, **times, **fields}
        await self.send("pressbox.line", json.dumps(event))

    async def send(self, topic: str, text: str) -> None:
        """Send one whole text stream."""
        await self.room.local_participant.send_text(text, topic=topic)

    async def words(self, line_id: str) -> rtc.TextStreamWriter:
        """Open the `lk.transcription` stream of a line."""
        attributes = {"lk.transcription_final": "false", "lk.segment_id": line_id}
        return await self.room.local_participant.stream_text(
            topic="lk.transcription", attributes=attributes
        )

    async def say(self, line_id: str, words: Sequence[str], *, kind: str = "commentary") -> None:
        """Say a whole line: both text streams, a word each 50 ms, and the tone meanwhile."""
        self._speaking.set()
        await self.state("speaking")
        await self.line("start", line_id, kind=kind)
        writer = await self.words(line_id)
        for word in words:
            await writer.write(f"{word} ")
            await asyncio.sleep(0.05)
        await writer.aclose(attributes={"lk.transcription_final": "true"})
        await self.line("end", line_id, kind=kind, text=" ".join(words))
        await self.state("listening")
        self._speaking.clear()

    def hum(self, on: bool) -> None:
        """Switch the tone on or off."""
        if on:
            self._speaking.set()
        else:
            self._speaking.clear()

    def _on_chat(self, reader: rtc.TextStreamReader, identity: str) -> None:
        task = asyncio.create_task(self._read(reader, identity), name="scripted.read")
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        await self.questions.put((await reader.read_all(), identity))

    async def _on_get(self, _: rtc.RpcInvocationData) -> str:
        return self.settings.model_dump_json()

    async def _on_set(self, call: rtc.RpcInvocationData) -> str:
        refuse_guests(call)
        changes = json.loads(call.payload)
        try:
            self.settings = self.settings.updated(changes)
        except SettingsError as error:
            raise rtc.RpcError(BAD_REQUEST, str(error)) from error
        told = changes.keys() & {"mode", "profile", "preset"}
        await self.status(**{name: getattr(self.settings, name) for name in told})
        return self.settings.model_dump_json()

    async def _on_rules(self, call: rtc.RpcInvocationData) -> str:
        if order := json.loads(call.payload or "{}"):
            refuse_guests(call)
            try:
                self.rules.own = self.rules.edited(order)
            except RuleError as error:
                raise rtc.RpcError(BAD_REQUEST, str(error)) from error
        return json.dumps({"rules": [one.model_dump(mode="json") for one in self.rules.all]})

    async def _on_talk(self, call: rtc.RpcInvocationData) -> str:
        await self.talks.put(json.loads(call.payload)["on"])
        return call.payload

    async def _show(self) -> None:
        width, height = self.size
        ramp = np.linspace(80, 255, width, dtype=np.uint8)
        count = 0
        while True:
            picture = np.empty((height, width, 4), np.uint8)
            picture[:] = np.roll(ramp, count * 4)[None, :, None]
            frame = rtc.VideoFrame(width, height, rtc.VideoBufferType.RGBA, picture.tobytes())
            self._video.capture_frame(frame)
            count += 1
            await asyncio.sleep(1 / FPS)

    async def _sound(self) -> None:
        at = np.arange(SAMPLE_RATE // 50)
        while True:
            loud = 12_000 if self._speaking.is_set() else 0
            wave = (loud * np.sin(2 * np.pi * TONE / SAMPLE_RATE * at)).astype(np.int16)
            await self._audio.capture_frame(rtc.AudioFrame(wave.tobytes(), SAMPLE_RATE, 1, len(at)))
            at += len(at)
