"""What holds whatever an engine, a room and chance do; many seeds on virtual time."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import dataclass, field, replace

import pytest
from livekit.plugins.pressbox.commentator import Line, PlaybackPacer, State
from livekit.plugins.pressbox.engine import (
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineRequest,
    EngineTimeout,
    EngineUnavailable,
)

from tests.support.virtual_time import run_virtual

from .scripted_client import NEVER, Say, ScriptedClient
from .virtual_stage import QUICK, VirtualStage, virtual_stage

SEEDS = 18
SECONDS = 150.0
"""How long a run is; in its last part the engine works and nobody meddles."""
CALM_AFTER = 60.0
HUNGER = 30.0
"""Seconds without a line, at most, while an engine works and nobody pauses: what was broken before
may have to time out (15 s) and be backed off from (10 s) first.
"""
WAY: tuple[State, ...] = ("made", "ready", "waiting", "playing", "ended")


@dataclass
class Chance:
    """An engine whose answers, and a room whose wishes, are drawn by lot."""

    seed: int
    calm: bool = False
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def answer(self, _: EngineRequest) -> Say:
        dice = self.dice
        good = Say(
            ready=dice.lognormvariate(-0.7, 0.6),
            seconds=dice.choice([0.2, 1.0, 2.0, 4.0]),
            rate=dice.choice([0.7, 1.5, 5.0]),
        )
        if self.calm:
            return good
        return dice.choice(
            [
                *[good] * 5,
                NEVER,
                replace(good, error=self.error()),
                replace(good, error=self.error(), midway=True),
                replace(good, error=KeyError("ours")),
                Say(text="...", seconds=0.0),
                replace(good, seconds=0.0),
                replace(good, ready=12.0),
            ]
        )

    def error(self) -> EngineError:
        return self.dice.choice(
            [
                EngineUnavailable("gone"),
                EngineUnavailable("full", status=503),
                EngineRejected("no"),
                EngineProtocolError("garbage"),
                EngineTimeout("slow"),
            ]
        )


@dataclass
class Room:
    """People who do anything at any time, and what they know of it."""

    on: VirtualStage
    chance: Chance
    questions: list[Line] = field(default_factory=list)
    resets: list[float] = field(default_factory=list)
    paused: bool = False

    async def meddle(self) -> None:
        dice = self.chance.dice
        begun = time.monotonic()
        while True:
            await asyncio.sleep(dice.choice([0.0, 0.01, 0.3, 1.0, 4.0]))
            if time.monotonic() - begun > CALM_AFTER:
                break
            self._do(dice.choice(["pause", "resume", "resume", "reset", "ask", "interrupt",
                                  "options", "down", "up", "soften"]))  # fmt: skip
        self.chance.calm = True
        self.on.client.down = False
        self.on.commentator.resume()

    def _do(self, what: str) -> None:
        commentator, client = self.on.commentator, self.on.client
        if what == "pause":
            commentator.pause()
        elif what == "soften":
            commentator.pause(unheard=False)
        elif what == "resume":
            commentator.resume()
        elif what == "reset":
            commentator.reset_window()
            self.resets.append(time.monotonic())
        elif what == "ask":
            self.questions.append(commentator.ask("What?"))
        elif what == "interrupt":
            commentator.interrupt()
        elif what == "options":
            speaks = self.chance.dice.random() < 0.8
            interval = self.chance.dice.choice([0.0, 1.0])
            commentator.update_options(
                replace(QUICK, inference_interval=interval, enable_tts=speaks)
            )
        else:
            client.down = what == "down"


def check_states(on: VirtualStage) -> None:
    """Each line goes the one way, or is dropped on it."""
    ways: dict[str, list[State]] = {}
    for _, line, state in on.history:
        way = ways.setdefault(line.id, [])
        if not way or way[-1] != state:
            way.append(state)
    for way in ways.values():
        steps = way[:-1] if way[-1] == "dropped" else way
        assert tuple(steps) == WAY[: len(steps)], way


def check_voices(on: VirtualStage) -> None:
    """Never two at once."""
    spans = [(line.started_at, line.ended_at) for line in on.player.started]
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert end is not None
        assert start is not None
        assert end <= start


def check_freshness(on: VirtualStage, room: Room) -> None:
    """What was seen of another source is not begun any more; nor what is long past."""
    for line in on.player.started:
        if line.kind == "commentary":
            started = line.started_at or 0.0
            last = max((reset for reset in room.resets if reset <= started), default=0.0)
            assert line.anchor >= last
            assert started - line.anchor <= 10.0


def check_ends(on: VirtualStage) -> None:
    """Every line comes to an end by itself, and soon."""
    for line in on.commentator.lines:
        assert time.monotonic() - line.requested_at < HUNGER, line


def check_questions(room: Room) -> None:
    """Each was answered, or it is told why not."""
    for line in room.questions:
        assert line.state == "ended" or line.reason is not None
        if line.reason in ("error", "empty", "late", "refused"):
            assert line.error


def check_hunger(on: VirtualStage, until: float) -> None:
    """Where an engine works and nobody pauses, a line starts again and again."""
    calm_from = until - SECONDS + CALM_AFTER + 4.0
    times = [line.started_at or 0.0 for line in on.player.started]
    for a, b in itertools.pairwise([calm_from, *[t for t in times if t > calm_from], until]):
        assert b - a <= HUNGER, (a, b)


async def run(seed: int) -> None:
    chance = Chance(seed)
    client = ScriptedClient(answer=chance.answer, keeps=False)
    pacer = PlaybackPacer(pause=chance.dice.choice([0.0, 0.5]))
    options = replace(QUICK, inference_interval=chance.dice.choice([0.0, 1.0]))
    async with virtual_stage(client, pacer=pacer, options=options, fps=5.0) as on:
        room = Room(on, chance)
        begun = time.monotonic()
        meddling = asyncio.create_task(room.meddle())
        await asyncio.sleep(SECONDS)
        await meddling
        until = time.monotonic()
        assert until == begun + SECONDS
        assert client.most_in_flight == 1
        check_hunger(on, until)
        check_ends(on)
        check_questions(room)
    check_states(on)
    check_voices(on)
    check_freshness(on, room)
    assert len(on.player.started) >= 3


@pytest.mark.parametrize("block", range(6))
def test_the_laws_hold(block: int) -> None:
    for seed in range(block * SEEDS // 6, (block + 1) * SEEDS // 6):
        try:
            run_virtual(run(seed))
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
