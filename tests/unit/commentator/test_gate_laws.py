"""What holds of the gates for silence whatever happens and whatever an engine says, by lot."""

from __future__ import annotations

import gc
import random
import re
import time
from bisect import bisect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from livekit.plugins.pressbox.commentator import Line, Options, PlaybackPacer
from livekit.plugins.pressbox.engine import EngineRequest
from livekit.plugins.pressbox.scene import Motion
from rapidfuzz import fuzz

from tests.support.virtual_time import run_virtual, virtual

from .scripted_client import Say, ScriptedClient
from .test_laws import check_voices
from .virtual_stage import VirtualStage, virtual_stage

SEEDS = 9
MINUTES = 8.0
SOON = 15.0
"""Seconds within which what happens is spoken of: the line that is being said (6 s at most), the
next one's way through the engine (3 s) and the pace of requests.
"""
FIVE_MINUTES, TEN_MINUTES = 300.0, 600.0
STALE = 10.0
HOURS = 8.0
CODE = {"module", "type", "function", "ABCMeta", "_ProtocolMeta", "code", "frame"}
"""Types whose objects are counted by nobody."""

NOTHING_NEW = (
    "All is still.",
    "Nothing moves at the moment.",
    "The man stands at the table.",
    "At the table stands the man.",
    "The man is standing at the table.",
    "...",
    "",
)
SYLLABLES = ("ka", "lo", "mi", "ter", "sun", "ba", "rel", "do", "wen", "pi", "gar", "shu")


@dataclass
class World:
    """What happens, and an engine that says something of it. novel: share of answers that are new;
    the others are said again and again.
    """

    seed: int
    pause: float
    novel: float = 0.6
    dice: random.Random = field(init=False)
    happenings: list[float] = field(default_factory=list)
    letters: list[int] = field(default_factory=list)
    """Of each request."""

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def happen(self, seconds: float) -> None:
        """Things happen from now on: in bursts, and with long pauses between."""
        at = time.monotonic() + 5.0
        end = at + seconds - 5.0
        while at < end:
            self.happenings.append(at)
            at += self.dice.choice([0.7, 3.0, self.pause, self.pause * 3])

    def motion(self, capture_time: float, _: object) -> Motion:
        """In place of `Movement.see`."""
        before = bisect(self.happenings, capture_time)
        moving = before and capture_time - self.happenings[before - 1] < 1.5
        return Motion(((0.1, 0.1, 0.4, 0.5),), 0.05) if moving else Motion()

    def answer(self, request: EngineRequest) -> Say:
        """In 0.2 to 3 seconds, 0.4 to 6 seconds long."""
        self.letters.append(sum(len(str(one["content"])) for one in request.messages))
        dice = self.dice
        if dice.random() < self.novel:  # new words, mostly; as a model's they share some
            words = ["".join(dice.choices(SYLLABLES, k=3)) for _ in range(4)]
            text = f"{words[0].title()} {words[1]} the {words[2]} {words[3]}."
        else:
            text = dice.choice(NOTHING_NEW)
        seconds = dice.choice([0.4, 2.0, 6.0]) if text.strip(". ") else 0.0
        return Say(text, dice.choice([0.2, 0.8, 3.0]), seconds, dice.choice([1.5, 5.0]))


@asynccontextmanager
async def living(
    world: World, options: Options, *, keeps: bool = True, limit: float = 2e3
) -> AsyncIterator[VirtualStage]:
    """A commentator whose movement is the world's."""
    client = ScriptedClient(answer=world.answer, keeps=False)
    pacer = PlaybackPacer(pause=0.5)
    async with virtual_stage(
        client, pacer=pacer, options=options, fps=2.0, keeps=keeps, limit=limit
    ) as on:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(on.commentator.scene._movement, "see", world.motion)
            yield on


async def passes(on: VirtualStage, seconds: float) -> None:
    """So much time."""
    until = time.monotonic() + seconds
    await on.until(lambda: time.monotonic() >= until)


def check_repeats(lines: list[Line], threshold: float) -> None:
    """Nothing is said in the same words within five minutes, nor nearly so within five lines."""
    said: list[tuple[float, str]] = []
    for line in lines:
        at, text = line.started_at or 0.0, " ".join(re.findall(r"\w+", line.text.lower()))
        earlier = [one for then, one in said if at - then < FIVE_MINUTES]
        assert text not in earlier, text
        assert all(fuzz.ratio(text, one) / 100 < threshold for one in earlier[-5:]), text
        said.append((at, text))


def check_hunger(lines: list[Line], world: World, until: float) -> None:
    """What happens is spoken of soon."""
    for happened in world.happenings:
        if happened + SOON < until:
            spoken = [line.started_at or 0.0 for line in lines if line.anchor >= happened]
            assert spoken, happened
            assert min(spoken) - happened <= SOON, happened


async def run(seed: int, novel: float) -> None:
    world = World(seed, pause=[4.0, 20.0, 90.0][seed % 3], novel=novel)
    options = Options(inference_interval=[0.0, 1.0][seed % 2])
    async with living(world, options) as on:
        world.happen(MINUTES * 60)
        await passes(on, MINUTES * 60)
        until = time.monotonic()
    lines = [line for line in on.player.started if line.ended_at is not None]
    assert on.client.most_in_flight == 1
    check_voices(on)
    check_repeats(lines, options.repeat_threshold)
    assert all((line.started_at or 0.0) - line.anchor <= STALE for line in lines)
    if novel == 1:
        check_hunger(lines, world, until)


@pytest.mark.parametrize("novel", [0.6, 1.0])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_laws_of_silence_hold(seed: int, novel: float) -> None:
    run_virtual(run(seed, novel))


@pytest.mark.parametrize("novel", [0.0, 1.0])
@virtual
async def test_a_still_scene_has_a_line_a_minute_at_most(novel: float) -> None:
    world = World(1, pause=1.0, novel=novel)
    async with living(world, Options()) as on:
        await passes(on, 1_200)
    assert len(world.letters) <= 2 * 20
    assert len(on.player.started) <= 20
    check_repeats(on.player.started, Options().repeat_threshold)


@virtual
async def test_after_eight_hours_all_is_as_after_ten_minutes() -> None:
    world = World(3, pause=10.0)  # so that 32 turns are full in ten minutes
    async with living(world, Options(), keeps=False, limit=HOURS * 4_000) as on:
        objects, letters = await goes_on(on, world, TEN_MINUTES)
        await goes_on(on, world, HOURS * 3_600 - 2 * TEN_MINUTES)
        objects_later, letters_later = await goes_on(on, world, TEN_MINUTES)
    assert objects_later <= objects * 1.5  # one more for each line were thousands
    assert letters_later <= letters * 1.1


async def goes_on(on: VirtualStage, world: World, seconds: float) -> tuple[int, int]:
    """How many objects the commentator holds after that, and the letters of the longest of the last
    requests.
    """
    world.happen(seconds)
    await passes(on, seconds)
    longest = max(world.letters[-50:])
    world.happenings.clear()
    world.letters.clear()
    return held(on.commentator), longest


def held(root: object) -> int:
    """How many objects hang on this one, those of the code apart."""
    found: dict[int, object] = {}
    left = [root]
    while left:
        one = left.pop()
        if id(one) not in found and type(one).__name__ not in CODE:
            found[id(one)] = one
            left += gc.get_referents(one)
    return len(found)
