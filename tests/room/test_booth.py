"""A booth in a real room with a scripted engine, seen from a viewer's seat."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc

from tests.support.booths import QUICK, booth
from tests.support.camera import camera
from tests.support.engine_script import Answer, Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.viewer_probe import ViewerProbe, watching

ANSWER = Answer(ready=0.15, speech=1.2, speed=8.0)


def status(probe: ViewerProbe) -> dict[str, Any]:
    """The newest `pressbox.status`."""
    for _, _, attributes in reversed(probe.attributes):
        if "pressbox.status" in attributes:
            found: dict[str, Any] = json.loads(attributes["pressbox.status"])
            return found
    return {}


def ended(probe: ViewerProbe, kind: str = "commentary") -> list[str]:
    """Texts of the lines that were said to their end."""
    return [
        one.text
        for one in probe.lines
        if one.phase == "end" and one.kind == kind and not one.dropped
    ]


async def test_lines_are_heard_with_the_pictures_they_speak_of(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "step"),
        booth(livekit_server, "step", engine.url, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("step", "viewer")) as probe,
    ):
        await probe.until(lambda: len(ended(probe)) >= 4, timeout=40, what="four lines")
        await asyncio.sleep(1)
    shown = {frame.user_timestamp: frame.received for frame in probe.frames}
    starts = [one for one in probe.lines if one.phase == "start"]
    errors = []
    for line in starts[1:-1]:
        assert line.timestamp in shown, "the anchor is a frame that was shown"
        onset = min(probe.bursts, key=lambda burst: abs(burst.start - line.received)).start
        errors.append(abs(shown[line.timestamp] - onset))
        assert line.display_time - line.capture_time == pytest.approx(status(probe)["delay"], abs=1)
    # A second is far from the goal (see the benchmark) and far from chance on a busy machine.
    assert sorted(errors)[len(errors) // 2] < 1.0
    ids = [frame.frame_id for frame in probe.frames if frame.frame_id is not None]
    assert ids == sorted(set(ids))
    assert probe.wrong == []


async def test_captions_run_word_by_word_and_carry_the_line_id(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    text = "One two three four five six seven eight nine ten."
    async with (
        scripted_engine(Repeat(Answer(ready=0.1, speech=2.0, speed=8.0, text=text))) as engine,
        camera(livekit_server, "captions"),
        booth(livekit_server, "captions", engine.url, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("captions", "viewer")) as probe,
    ):
        await probe.until(lambda: len(ended(probe)) >= 2, timeout=30, what="two lines")
        await asyncio.sleep(0.5)
    streams: dict[str, list[str]] = {}
    for piece in probe.captions:
        streams.setdefault(piece.attributes["lk.segment_id"], []).append(piece.text)
    whole = [pieces for pieces in streams.values() if "".join(pieces) == text]
    assert whole
    assert len(whole[0]) >= 5
    assert set(streams) <= {one.id for one in probe.lines}


async def test_a_question_pre_empts_commentary_and_is_answered(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    def script(number: int, kind: str) -> Answer:
        if kind == "answer":
            return Answer(ready=0.2, speech=1.0, speed=8.0, text="It is a bar.")
        return Answer(ready=0.15, speech=6.0, speed=8.0)

    async with (
        scripted_engine(script) as engine,
        camera(livekit_server, "ask"),
        booth(livekit_server, "ask", engine.url, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("ask", "viewer")) as probe,
    ):
        await probe.until(lambda: bool(probe.lines), timeout=30, what="a line")
        await probe.ask("What is it?")
        await probe.until(lambda: bool(ended(probe, "answer")), timeout=20, what="the answer")
        asked = next(one for one in engine.asked if one.kind == "answer")
        assert "What is it?" in asked.text
        cut = [one for one in probe.lines if one.dropped == "interrupted"]
        assert cut
        assert ended(probe, "answer") == ["It is a bar."]
        before = len(engine.asked)
        await probe.until(
            lambda: len(engine.asked) > before + 1, timeout=20, what="commentary goes on"
        )


async def test_settings_change_while_it_runs_and_survive_a_restart(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    viewer = livekit_server.token("settings", "viewer")
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "settings"),
        watching(livekit_server.url, viewer, picture=None, sound=None) as probe,
    ):
        async with booth(livekit_server, "settings", engine.url, state_dir=tmp_path):
            await probe.until(lambda: status(probe).get("source") == "cam", timeout=10)
            with pytest.raises(rtc.RpcError, match="delay") as refused:
                await probe.call("pressbox.set", '{"delay": 99}')
            problems = json.loads(refused.value.data or "{}")["problems"]
            assert problems[0]["key"] == "delay"
            with pytest.raises(rtc.RpcError, match="JSON"):
                await probe.call("pressbox.set", "not json")
            whole = json.loads(await probe.call("pressbox.set", '{"delay": 4, "mode": "idle"}'))
            assert (whole["delay"], whole["mode"]) == (4, "idle")
            await probe.until(lambda: status(probe).get("delay") == 4.0, timeout=10)
            assert json.loads(await probe.call("pressbox.get", ""))["mode"] == "idle"
        await probe.until(lambda: probe.agent is None, timeout=10)
        async with booth(livekit_server, "settings", engine.url, state_dir=tmp_path):
            await probe.until(lambda: probe.agent is not None, timeout=10)
            await probe.until(lambda: status(probe).get("mode") == "idle", timeout=10)
            assert json.loads(await probe.call("pressbox.get", ""))["delay"] == 4


async def test_idle_answers_but_does_not_commentate(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    metadata = '{"mode":"idle",' + QUICK + "}"
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "idle"),
        booth(livekit_server, "idle", engine.url, metadata=metadata, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("idle", "viewer")) as probe,
    ):
        await probe.until(lambda: len(probe.frames) > 5, timeout=20, what="the picture")
        assert engine.asked == []
        await probe.ask("Anything?")
        await probe.until(lambda: bool(ended(probe, "answer")), timeout=20, what="the answer")
        assert {one.kind for one in engine.asked} == {"answer"}


async def test_wrong_metadata_is_told_and_the_rest_holds(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    metadata = '{"delay":"soon","bogus":1,"preset":"calm"}'
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "wrong"),
        booth(livekit_server, "wrong", engine.url, metadata=metadata, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("wrong", "viewer")) as probe,
    ):
        await probe.until(lambda: "bogus" in status(probe).get("error", ""), timeout=10)
        assert "delay" in status(probe)["error"]
        assert status(probe)["preset"] == "calm"


async def test_captions_only(livekit_server: LiveKitServer, tmp_path: Path) -> None:
    metadata = '{"enable_tts":false,' + QUICK + "}"
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "silent"),
        booth(livekit_server, "silent", engine.url, metadata=metadata, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("silent", "viewer")) as probe,
    ):
        await probe.until(lambda: len(ended(probe)) >= 3, timeout=30, what="three lines")
        await probe.ask("And now?")
        await probe.until(lambda: bool(ended(probe, "answer")), timeout=20, what="the answer")
    assert all(not one.spoken for one in probe.lines)
    assert probe.captions
    assert probe.bursts == []
    assert engine.asked[0].body["modalities"] == ["text"]


async def test_without_delay_the_picture_is_live_and_lines_come_when_ready(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    metadata = '{"delay":0,"tts_pause_after":0.3}'
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "live"),
        booth(livekit_server, "live", engine.url, metadata=metadata, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("live", "viewer")) as probe,
    ):
        await probe.until(lambda: len(ended(probe)) >= 3, timeout=30, what="three lines")
        assert status(probe)["delay"] == 0
    assert not [one for one in probe.lines if one.dropped == "late"]


async def test_nobody_watching_rests_the_engine_until_somebody_comes(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    metadata = '{"idle_after":1,' + QUICK + "}"
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "empty"),
        booth(livekit_server, "empty", engine.url, metadata=metadata, state_dir=tmp_path) as made,
    ):
        async with asyncio.timeout(20):
            while not made.status.paused:
                await asyncio.sleep(0.1)
        await asyncio.sleep(2)  # what was under way ends
        asked = len(engine.asked)
        await asyncio.sleep(3)
        assert len(engine.asked) == asked
        viewer = livekit_server.token("empty", "viewer")
        async with watching(livekit_server.url, viewer, picture=None) as probe:
            await probe.until(lambda: bool(ended(probe)), timeout=20, what="a line")
        assert len(engine.asked) > asked
