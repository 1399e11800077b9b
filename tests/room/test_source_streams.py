"""The small second stream of a source: for the engine, and never shown."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import cv2
import numpy as np

from config.source_names import INGRESS_ATTRIBUTE, MODEL_TRACK
from tests.room.test_booth import ended
from tests.support.booths import booth
from tests.support.camera import camera
from tests.support.engine_script import Answer, Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import Asked, ScriptedEngine, scripted_engine
from tests.support.viewer_probe import ViewerProbe, watching

ANSWER = Answer(ready=0.15, speech=0.6, speed=8.0)


def sizes(asked: Asked) -> list[tuple[int, int]]:
    """Width and height of each picture that the engine was sent."""
    found = []
    for part in asked.body["messages"][-1]["content"]:
        if part["type"] == "image_url":
            data = base64.b64decode(part["image_url"]["url"].split(",", 1)[1])
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            if image is not None:
                found.append((image.shape[1], image.shape[0]))
    return found


async def engine_sees(
    probe: ViewerProbe, engine: ScriptedEngine, width: int, height: int, *, timeout: float = 30
) -> None:
    """Wait until a whole window of commentary is of this size."""

    def all_are() -> bool:
        commentary = [one for one in engine.asked if one.kind == "commentary"]
        newest = sizes(commentary[-1]) if commentary else []
        return bool(newest) and set(newest) == {(width, height)}

    await probe.until(all_are, timeout=timeout, what=f"{width}x{height} at the engine")


async def test_the_small_stream_is_for_the_engine_and_never_shown(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "small", "gate", publish=False, ingress=True) as cam,
        booth(livekit_server, "small", engine.url, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("small", "viewer")) as probe,
    ):
        await cam.tell(INGRESS_ATTRIBUTE, json.dumps({"state": "live"}))
        cam.height = 192
        await cam.publish()
        await cam.publish_small(MODEL_TRACK)
        await engine_sees(probe, engine, 160, 96)
        lines = [one for one in probe.lines if one.phase == "start"]
        await cam.stop_small()
        await engine_sees(probe, engine, 320, 192)
        said = len(ended(probe))
        await probe.until(lambda: len(ended(probe)) > said, timeout=20, what="a line")
        assert {(one.width, one.height) for one in probe.frames} == {(320, 192)}
        shown = {one.user_timestamp for one in probe.frames}
        assert all(one.timestamp in shown for one in lines[1:]), "anchors are frames that are shown"
