"""`python -m tests.bench.tuning FILM…`: what each number does, for docs/tuning.md.

The real commentator, gates, detector and sketch over films, on virtual time, with an engine that
needs READY seconds and somebody who listens: nothing depends on how busy the machine is.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

import av
import cv2
import numpy as np
from livekit.plugins.pressbox.commentator import Commentator, Line, SampledFrame
from livekit.plugins.pressbox.commentator.frames import SampleGrid
from livekit.plugins.pressbox.commentator.sampler import RECENT_FPS
from livekit.plugins.pressbox.engine import EngineRequest

from agent.clock.delay import Delay, ReadyTimes
from agent.clock.display_clock import DisplayClock
from agent.clock.pacer import BoothPacer
from agent.picture.frame_encoder import FrameEncoder
from agent.room.chosen import options
from agent.voice.choice import VoiceChoice
from agent.voice.speaker import Speaker
from config.settings import RoomSettings
from models.api import parse, to_generation
from models.sketch.engine import SketchEngine
from models.sketch.eyes import Eyes
from models.sketch.narrator import reply
from tests.support.footage import WEIGHTS
from tests.support.virtual_time import run_virtual
from tests.unit.commentator.scripted_client import Say, ScriptedClient
from tests.unit.commentator.virtual_stage import Player
from vision.tracker import Tracker

READY = 0.8
"""Seconds until the engine's first sound."""
LETTERS = 15
"""Spoken in a second."""
PRESETS = ("default", "lively", "calm", "sniper", "owl", "sentry", "beast")
ONE_BY_ONE: dict[str, Sequence[object]] = {
    "change_threshold": (3, 5, 15, 30),
    "repeat_threshold": (0.6, 0.8, 0.9, 1.0),
    "still_interval": (0, 20, 60),
    "tts_pause_after": (0.0, 1.0, 3.0),
    "inference_interval": (0.0, 1.0, 4.0),
    "capture_fps": (0.5, 2.0, 6.0),
    "frames_per_inference": (2, 4, 8),
    "frame_stride": (1, 2, 4),
    "length": ("brief", "normal", "detailed"),
    "tts_max_new_tokens": (16, 96),
}
EVENTS = {
    "people": (6.0, 17.9, 22.7, 43.2, 50.2, 67.9, 74.5, 84.7, 92.1, 117.8, 123.4, 133.9),
    "cars": (4.3, 14.3, 25.2),
}
"""Seconds at which somebody comes or turns to go, or cars come, by eye."""
SOON = 3.0
"""Seconds within which what happens has to be spoken of."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a film."""

    seconds: float
    lines: list[Line]
    requests: int
    pictures: int
    repeats: int
    late: int
    delay: float
    begun: float

    def row(self, events: Sequence[float]) -> list[str]:
        """The cells of the table."""
        minutes = self.seconds / 60
        spoken = sum(line.length or 0.0 for line in self.lines)
        ends = [(line.started_at or 0.0, line.ended_at or 0.0) for line in self.lines]
        gaps = [after[0] - before[1] for before, after in pairwise(ends)]
        anchors = [line.anchor - self.begun for line in self.lines]
        after = [min((a - e for a in anchors if 0 <= a - e < SOON), default=None) for e in events]
        told = [one for one in after if one is not None]
        return [
            f"{len(self.lines) / minutes:.1f}",
            f"{100 * spoken / self.seconds:.0f} %",
            f"{median(gaps):.1f} s" if gaps else "",
            f"{len(told)} of {len(events)}, {fmean(told):.1f} s" if told else f"0 of {len(events)}",
            f"{self.requests / minutes:.1f}",
            f"{self.pictures / minutes:.0f}",
            str(self.repeats),
            str(self.late),
            f"{self.delay:.1f} s",
        ]


def encoded(film: Path) -> list[SampledFrame]:
    """The film as the sampler would have it, RECENT_FPS pictures a second."""
    encoder, grid, frames = FrameEncoder(WEIGHTS), SampleGrid(RECENT_FPS), []
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and grid.due(frame.time):
                planes = np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)
                frames.append(encoder.sample(planes, frame.time))
    return frames


class Sketch:
    """Answers at once what the engine `sketch` would, in its own thread of thought."""

    def __init__(self) -> None:
        self._engine, self._eyes = SketchEngine(), Eyes()
        self.pictures = 0

    def answer(self, request: EngineRequest) -> Say:
        """One answer, with as much speech as its text needs."""
        self.pictures += len(request.frame_times)
        extra = {"kind": request.kind, "frame_times": list(request.frame_times)}
        if request.frame_objects:
            extra["frame_objects"] = list(request.frame_objects)
        body = {
            "messages": list(request.messages),
            "max_tokens": request.max_tokens,
            "pressbox": extra,
        }
        text = " ".join(
            reply(to_generation(parse(json.dumps(body).encode()), self._engine), self._eyes)
        )
        said = any(letter.isalnum() for letter in text)
        return Say(text, ready=READY, seconds=len(text) / LETTERS if said else 0.0)


def heard(film: Sequence[SampledFrame], settings: RoomSettings) -> Heard:
    """Comment a film once."""

    async def run() -> Heard:
        full, clock, times = settings.effective(), DisplayClock(0.0), ReadyTimes([READY] * 8)
        delay = Delay(clock, times, chosen=None, first=3.0, longest=12.0)
        delay.watched = delay.shown = True
        sketch = Sketch()
        client = ScriptedClient(answer=sketch.answer)
        pacer = BoothPacer(clock, delay, times, pause=full.tts_pause_after)
        commentator: Commentator[int] = Commentator(
            client=client,
            speaker=Speaker(VoiceChoice("engine")),
            pacer=pacer,
            options=options(settings, "tuning"),
            encode=lambda number, at: replace(film[number], capture_time=at),
            tracker=Tracker(),
        )
        player = Player(commentator)
        commentator.start()
        playing, begun = asyncio.create_task(player.run()), time.monotonic()
        for number, frame in enumerate(film):
            await asyncio.sleep(begun + frame.capture_time - time.monotonic())
            commentator.push(number, time.monotonic())
        await asyncio.sleep(clock.delay(time.monotonic()) + 1)
        seconds, at_end = time.monotonic() - begun, clock.delay(time.monotonic())
        await commentator.aclose()
        await asyncio.wait_for(playing, 5)
        return Heard(
            seconds,
            player.started,
            client.count,
            sketch.pictures,
            commentator.repeats.held_back,
            pacer.late,
            at_end,
            begun,
        )

    return run_virtual(run())


def main() -> None:
    """Print a table for each film."""
    cv2.setNumThreads(1)
    columns = (
        "setting", "lines a minute", f"speaking, {LETTERS} letters a second", "silence, median",
        f"told within {SOON:.0f} s, mean", "requests a minute", "pictures a minute",
        "repeats held back", "too late", "delay",
    )  # fmt: skip
    for name in sys.argv[1:]:
        film, events = encoded(Path(name)), EVENTS.get(Path(name).stem, ())
        rows = [(f"`PRESET={one}`", RoomSettings(preset=one)) for one in PRESETS]
        rows += [
            (f"`{setting.upper()}={value}`", RoomSettings().updated({setting: value}))
            for setting, values in ONE_BY_ONE.items()
            for value in values
        ]
        sys.stdout.write(f"\n{Path(name).name}\n\n| {' | '.join(columns)} |\n")
        sys.stdout.write("|---" * len(columns) + "|\n")
        for label, settings in rows:
            cells = heard(film, settings).row(events)
            sys.stdout.write(f"| {label} | {' | '.join(cells)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
