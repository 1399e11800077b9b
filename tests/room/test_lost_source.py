"""What a viewer sees and hears while the watched source is away, and when it comes back."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.booth import Booth
from agent.picture.source_health import LAST_PICTURES
from config.source_names import INGRESS_ATTRIBUTE
from tests.room.test_booth import ended, status
from tests.support.booths import GATES_OPEN, booth
from tests.support.camera import Camera, camera
from tests.support.engine_script import Answer, Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.records import SeenFrame
from tests.support.scripted_engine import ScriptedEngine, scripted_engine
from tests.support.viewer_probe import ViewerProbe, watching

log = logging.getLogger("tests.lost_source")

DELAY = 2.0
METADATA = f'{{"delay":2,"tts_pause_after":0.3,"inference_interval":0.2,{GATES_OPEN}}}'
ANSWER = Answer(ready=0.15, speech=0.8, speed=8.0)


def is_marked(frame: SeenFrame) -> bool:
    """The cameras here have 38 of colour, and the mark half of it; it is dark too."""
    return frame.colour < 28 and frame.light < 45


def said(state: str, error: str = "", frozen: float = 0.0) -> str:
    """The attribute as an ingress writes it."""
    return json.dumps({"state": state, "error": error, "frozen": frozen})


@asynccontextmanager
async def watched(
    server: LiveKitServer, room: str, state_dir: Path
) -> AsyncIterator[tuple[ScriptedEngine, Camera, Booth, ViewerProbe]]:
    """An ingress `gate` with a coloured camera, its booth, and a viewer who has heard a line."""
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(server, room, "gate", publish=False, ingress=True) as cam,
        booth(server, room, engine.url, metadata=METADATA, state_dir=state_dir) as made,
        watching(server.url, server.token(room, "viewer")) as probe,
    ):
        cam.chroma = 90
        await cam.tell(INGRESS_ATTRIBUTE, said("live"))
        await cam.publish()
        await probe.until(lambda: len(ended(probe)) >= 1, timeout=40, what="a line")
        yield engine, cam, made, probe


async def marked(probe: ViewerProbe, seen: int = 0) -> SeenFrame:
    """The first marked frame after the first `seen` ones."""
    await probe.until(
        lambda: any(map(is_marked, probe.frames[seen:])), timeout=20, what="the marked picture"
    )
    return next(filter(is_marked, probe.frames[seen:]))


async def alive(probe: ViewerProbe) -> SeenFrame:
    """The first true frame from now on."""
    seen = len(probe.frames)
    await probe.until(
        lambda: any(not is_marked(one) for one in probe.frames[seen:]),
        timeout=20,
        what="the true picture",
    )
    return next(one for one in probe.frames[seen:] if not is_marked(one))


async def test_a_camera_that_its_ingress_has_lost_is_marked_in_step_and_not_spoken_of(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with watched(livekit_server, "lost", tmp_path) as (engine, cam, made, probe):
        cam.sending = False
        left = time.monotonic()
        await asyncio.sleep(1)
        told = await cam.tell(INGRESS_ATTRIBUTE, said("reconnecting", "the camera says nothing"))
        await probe.until(lambda: status(probe)["lost"], timeout=10, what="the status")
        assert status(probe)["error"] == "gate: reconnecting, the camera says nothing"
        asked = len(engine.asked)
        first = await marked(probe)
        log.info("marked at the viewer %.2f s after the attribute", first.received - told)
        log.info("and %.2f s after the last picture", first.received - left)
        assert first.received - told > DELAY - 0.3, "not before its time"
        before = [one for one in probe.frames if one.received < first.received]
        assert before[-1].received - left > DELAY - 0.5, "what was seen before plays out"
        assert not any(map(is_marked, before))

        seen = len(probe.frames)
        await asyncio.sleep(3)
        after = probe.frames[seen:]
        assert 3 <= len(after) <= 8, "about two a second"
        assert all(map(is_marked, after))
        stamps = [one.user_timestamp for one in after if one.user_timestamp]
        assert stamps == sorted(set(stamps))
        assert [one for one in engine.asked[asked:] if one.kind == "commentary"] == []
        late = [line for line in probe.lines if line.phase == "start" and line.kind != "answer"]
        assert max(line.received for line in late) < first.received + 0.5

        await probe.ask("What is going on?")
        await probe.until(lambda: bool(ended(probe, "answer")), timeout=20, what="the answer")
        question = engine.asked[-1]
        assert question.images >= 1
        assert LAST_PICTURES in question.body["messages"][0]["content"]

        viewer = livekit_server.token("lost", "late")
        async with watching(livekit_server.url, viewer) as late_probe:
            await marked(late_probe)

        lines = len(ended(probe))
        back = time.monotonic()
        cam.sending = True
        await cam.tell(INGRESS_ATTRIBUTE, said("live"))
        first = await alive(probe)
        log.info("back at the viewer %.2f s after the camera", first.received - back)
        await probe.until(lambda: len(ended(probe)) > lines, timeout=20, what="commentary again")
        assert status(probe)["error"] == ""
        assert not status(probe)["lost"]
        assert not any(map(is_marked, probe.frames[-5:]))
        assert not made.status.lost
    assert probe.wrong == []
