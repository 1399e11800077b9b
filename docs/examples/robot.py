"""A robot in a LiveKit room: it shows its camera and has what that sees commentated.

set -a; . ~/.local/state/pressbox/livekit.env; set +a
.venv/bin/python docs/examples/robot.py yard commentary.pcm

A robot of yours replaces `picture`, `hear` and `drive`.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Coroutine
from typing import Any, BinaryIO

import numpy as np
from livekit import api, rtc

WIDTH, HEIGHT, FPS = 1280, 720, 15
WALL = np.random.default_rng(1).integers(20, 70, (HEIGHT // 40, WIDTH // 40, 3), np.uint8)
NAME, AGENT = "robot", "pressbox"
RULE = {"name": "motion", "if": {"motion": True}, "severity": "warning", "cool_down": 20}
# delay 0: what is so now, at once, and no late picture that the words must fit
WANTED = {"source": NAME, "profile": "robot", "preset": "lively", "delay": 0, "rules": [RULE]}


def picture(seconds: float) -> bytes:
    """What the camera sees, RGB: a red box that goes to and fro for 20 s and rests for 10."""
    image = WALL.repeat(40, 0).repeat(40, 1)
    left = round(abs(min(seconds % 30, 20) / 10 - 1) * (WIDTH - 200))
    image[400:600, left : left + 200] = (230, 60, 50)
    return image.tobytes()


class Robot:
    """One stay in a room, until LiveKit cannot mend the connection any more."""

    def __init__(self, sound: BinaryIO) -> None:
        self._sound, self._over, self._agent, self._room = sound, asyncio.Event(), "", rtc.Room()
        self._tasks: set[asyncio.Task[None]] = set()

    async def drive(self) -> None:
        """Tell how it is, ask, have quiet for a while; and again."""
        for battery in range(99, 0, -1):
            await self.call("note", text=f"battery at {battery} %", seconds=120)
            await asyncio.sleep(30)
            answer = await self.call("ask", text="What do you see?", wait=True)
            show("answered", answer.get("text"))
            await self.call("set", mode="idle")  # silent at once; alerts come all the same
            await asyncio.sleep(10)
            await self.call("set", mode="active")

    async def hear(self, track: rtc.Track) -> None:
        """The commentary as it is spoken, 24 kHz mono int16."""
        self._voice = track
        async for event in rtc.AudioStream(track, sample_rate=24_000, num_channels=1):
            if self._voice is not track:
                break  # its commentator has died; LiveKit goes on with silence
            self._sound.write(event.frame.data)

    async def call(self, name: str, /, **payload: object) -> dict[str, Any]:
        """One of the commentator's methods; {} where it says no, or is not there just now."""
        method, sent = f"pressbox.{name}", json.dumps(payload)
        try:
            answer = await self._room.local_participant.perform_rpc(
                destination_identity=self._agent, method=method, payload=sent, response_timeout=40
            )
        except rtc.RpcError as error:
            show(f"{name} failed", error.message)
            return {}
        return dict(json.loads(answer))

    async def stay(self) -> None:
        try:
            await self._join(self._room)
            await self._over.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._room.disconnect()

    async def _join(self, room: rtc.Room) -> None:
        """Show the camera, and send for a commentator where nobody has done so."""
        room.on("disconnected", lambda _: self._over.set())
        room.on("reconnected", lambda: show("reconnected"))
        room.on("participant_attributes_changed", lambda _, who: self._met(who))
        room.on("track_subscribed", lambda track, *_: self._keep(self.hear(track)))
        room.register_text_stream_handler("pressbox.line", lambda r, _: self._keep(self._read(r)))
        grants = api.VideoGrants(room_join=True, room=sys.argv[1])
        token = api.AccessToken().with_identity(NAME).with_grants(grants)
        options = rtc.RoomOptions(auto_subscribe=False)  # its own picture would come back
        await room.connect(os.environ["LIVEKIT_URL"], token.to_jwt(), options)
        source = rtc.VideoSource(WIDTH, HEIGHT)
        camera = rtc.LocalVideoTrack.create_video_track("camera", source)
        kind = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA)
        await room.local_participant.publish_track(camera, kind)
        self._keep(self._film(source))
        wanted = api.CreateAgentDispatchRequest(agent_name=AGENT, room=sys.argv[1])
        wanted.metadata = json.dumps(WANTED)
        async with api.LiveKitAPI() as lk:
            sent = await lk.agent_dispatch.list_dispatch(sys.argv[1])
            if all(one.agent_name != AGENT for one in sent):
                await lk.agent_dispatch.create_dispatch(wanted)

    def _met(self, who: rtc.RemoteParticipant) -> None:
        """Somebody's attributes have changed; only a commentator has a status."""
        if "pressbox.status" not in who.attributes:
            return
        for track in who.track_publications.values():
            if track.name == "commentary":
                track.set_subscribed(True)
        if not self._agent:
            self._keep(self.drive())
        self._agent = who.identity  # another one, where the last one has died

    async def _read(self, reader: rtc.TextStreamReader) -> None:
        line = json.loads(await reader.read_all())
        if what := line["kind"] if line["phase"] == "start" else line["dropped"]:
            show(what, f"{line['text']} ({time.time() - line['capture_time']:.1f} s ago)")

    async def _film(self, source: rtc.VideoSource) -> None:
        while True:
            rgb = picture(time.monotonic())
            source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGB24, rgb))
            await asyncio.sleep(1 / FPS)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def show(what: str, text: object = "") -> None:
    print(f"{time.strftime('%X')} {what:12} {text}", flush=True)


async def main(sound: BinaryIO) -> None:
    while True:
        try:
            await Robot(sound).stay()
        except (rtc.ConnectError, api.TwirpError, OSError) as error:
            show("no room", error)
        await asyncio.sleep(2)


if __name__ == "__main__":
    with open(sys.argv[2], "wb") as file:
        asyncio.run(main(file))
