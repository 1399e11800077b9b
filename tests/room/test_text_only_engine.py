"""A booth whose engine only writes: somebody else speaks, or the room reads."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.support.booths import booth
from tests.support.camera import camera
from tests.support.engine_script import Answer, Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.records import LineMessage
from tests.support.scripted_engine import scripted_engine
from tests.support.viewer_probe import ViewerProbe, watching

TEXT = "A grey bar moves over the picture, and a small number counts."
WRITTEN = Answer(ready=0.15, audio=False, text=TEXT)


def said(probe: ViewerProbe, kind: str = "commentary") -> list[LineMessage]:
    """The ends of lines that were said, or shown, to their end."""
    return [one for one in probe.lines if (one.phase, one.kind, one.dropped) == ("end", kind, None)]


async def test_lines_are_spoken_in_step_with_the_picture(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(WRITTEN)) as engine,
        camera(livekit_server, "written"),
        booth(livekit_server, "written", engine.url, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("written", "viewer")) as probe,
    ):
        await probe.until(lambda: len(said(probe)) >= 4, timeout=60, what="four lines")
        await asyncio.sleep(1)
    shown = {frame.user_timestamp: frame.received for frame in probe.frames}
    lines = [one for one in probe.lines if one.phase == "start"][1:-1]
    assert all(one.spoken for one in probe.lines)
    errors = []
    for line in lines:
        onset = min(probe.bursts, key=lambda burst: abs(burst.start - line.received)).start
        errors.append(abs(shown[line.timestamp] - onset))
    # A second is far from the goal (see the benchmark) and far from chance on a busy machine.
    assert sorted(errors)[len(errors) // 2] < 1.0
    texts: dict[str, list[str]] = {}
    for piece in probe.captions:
        texts.setdefault(piece.attributes["lk.segment_id"], []).append(piece.text)
    assert any("".join(pieces) == TEXT and len(pieces) >= 5 for pieces in texts.values())


async def test_without_a_voice_the_text_goes_on_and_status_says_why(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(WRITTEN)) as engine,
        camera(livekit_server, "voiceless"),
        booth(livekit_server, "voiceless", engine.url, state_dir=tmp_path, tts="nobody"),
        watching(livekit_server.url, livekit_server.token("voiceless", "viewer")) as probe,
    ):
        await probe.until(lambda: len(said(probe)) >= 2, timeout=60, what="two lines")
        await probe.until(
            lambda: probe.lines[-1].phase == "start", timeout=20, what="a line that is being read"
        )
        reading = probe.lines[-1].id
        await probe.ask("What is it?")
        await probe.until(lambda: bool(said(probe, "answer")), timeout=20, what="the answer")
        count = len(said(probe))
        await probe.until(lambda: len(said(probe)) > count, timeout=30, what="commentary again")
    ends = [one.id for one in probe.lines if one.phase == "end"]
    assert len(ends) == len(set(ends)), "each line ends once"
    cut = [one.dropped for one in probe.lines if (one.id, one.phase) == (reading, "end")]
    assert cut == ["interrupted"]
    assert not any(one.spoken for one in probe.lines)
    assert probe.bursts == []
    assert TEXT in {piece.text for piece in probe.captions}
    told = [json.loads(found.get("pressbox.status", "{}")) for _, _, found in probe.attributes]
    errors = {one.get("error", "") for one in told}
    assert any("pip install livekit-plugins-nobody" in error for error in errors), errors
    assert all("\n" not in error for error in errors)
