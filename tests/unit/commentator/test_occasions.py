from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest
from livekit.plugins.pressbox.commentator import DropReason, Lines, Options, SampledFrame, new_line
from livekit.plugins.pressbox.commentator.note import NEWS_EVERY, Note
from livekit.plugins.pressbox.commentator.occasions import Occasions
from livekit.plugins.pressbox.scene import Motion, Scene

from tests.support.virtual_time import virtual
from vision.detection import Detection
from vision.tracker import Tracker

GREY = np.zeros((90, 160), np.uint8)
STILL = Motion()
CUT = Motion(cut=True)


def walker(share: float) -> Motion:
    return Motion(movers=((0.0, 0.0, 0.1, share * 10),), share=share)


class Watch:
    """A scene whose movement is scripted, on virtual time, and what the gate makes of it."""

    def __init__(self, **options: float) -> None:
        self.lines = Lines(lambda: time.monotonic())
        self.scene, self.note = Scene(Tracker()), Note()
        self.motion = STILL
        self.scene._movement.see = lambda *_: self.motion  # type: ignore[method-assign]
        self.gate = Occasions(self.lines, self.scene, self.note)
        self.options = Options(**options)  # type: ignore[arg-type]
        self.asked: list[tuple[float, str]] = []
        self.detections: tuple[Detection, ...] | None = None
        self.told: list[float] = []
        self.news: list[bool] = []

    async def run(self, seconds: float, motion: Motion, outcome: DropReason = "empty") -> None:
        """Ten pictures a second; a line is asked for whenever the gate is open, and answered so."""
        self.motion = motion
        for _ in range(round(seconds * 10)):
            now = time.monotonic()
            self.scene.see(SampledFrame(now, b"", GREY, self.detections))
            if why := self.gate.at(now, self.options):
                self.asked.append((now, why))
                line = new_line("commentary", anchor=now, requested_at=now)
                self.told.append(self.gate.take(line))
                self.news.append(line.news)
                self.lines.add(line)
                self.lines.drop(line, outcome)
            await asyncio.sleep(0.1)


@virtual
async def test_a_still_scene_is_asked_about_once_and_then_now_and_then() -> None:
    watch = Watch()
    await watch.run(600, STILL)
    assert [why for _, why in watch.asked] == ["first", *["still"] * 9]


@virtual
async def test_a_sentry_is_silent_until_something_happens() -> None:
    watch = Watch(still_interval=0, change_threshold=15)
    await watch.run(600, STILL)
    await watch.run(5, walker(0.005))  # a cat far away
    assert not watch.asked
    await watch.run(0.2, walker(0.05))
    await watch.run(5, STILL)
    assert [why for _, why in watch.asked] == ["begin"]


@virtual
@pytest.mark.parametrize(("dense", "least"), [(True, 10), (False, 0)])
async def test_where_silence_is_unwelcome_who_is_there_is_talked_about(
    dense: bool, least: int
) -> None:
    watch = Watch(still_interval=120, dense=dense)
    await watch.run(10, STILL)
    watch.detections = (Detection("person", 0.9, (0.4, 0.2, 0.6, 0.9)),)
    await watch.run(40, STILL)
    watch.detections = ()
    await watch.run(10, STILL)
    gone = len(watch.asked)
    await watch.run(20, STILL)
    asked = [why for _, why in watch.asked]
    assert asked.count("linger") >= least
    assert dense or "linger" not in asked
    assert len(watch.asked) == gone


@virtual
async def test_what_happens_is_asked_about_when_it_can_be_told_apart() -> None:
    watch = Watch(still_interval=0)
    await watch.run(10, STILL)
    begun = time.monotonic()
    await watch.run(0.1, CUT)
    assert watch.asked.pop() == (begun, "upheaval")
    await watch.run(10, STILL)
    begun = time.monotonic()
    await watch.run(2, walker(0.02))
    assert 0.1 < watch.asked[0][0] - begun < 0.4
    assert [why for _, why in watch.asked][:2] == ["begin", "change"]


@virtual
async def test_a_note_is_told_once_though_something_stirs_while_it_is_told() -> None:
    """The pictures of the next line begin before it: it is no news for that."""
    watch = Watch(still_interval=0)
    await watch.run(5, STILL)
    watch.motion = walker(0.02)
    watch.note.put("battery at 12 %", time.monotonic(), 60)
    await watch.run(1.5, walker(0.02))
    assert len(watch.news) > 2
    assert watch.news.count(True) == 1


@virtual
async def test_what_the_source_says_is_worth_one_line_and_never_all_of_them() -> None:
    watch = Watch(still_interval=0)
    for battery in (13, 13, 13, 12, 11, 10):
        watch.note.put(f"battery at {battery} %", time.monotonic(), 60.0)
        await watch.run(1, STILL)
    assert [why for _, why in watch.asked] == ["change"]
    await watch.run(NEWS_EVERY, STILL)
    assert len(watch.asked) == 2
    await watch.run(90, STILL)
    assert len(watch.asked) == 2
    watch.note.put("battery at 9 %", time.monotonic(), 60.0)
    await watch.run(1, STILL, "late")
    assert len(watch.asked) > 3, "nobody heard it"
