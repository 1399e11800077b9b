"""No room ever hears of another, whatever happens to the requests before its own."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Iterable
from contextlib import aclosing
from pathlib import Path

import pytest

from models.engine import EngineError, GenerationRequest, TextDelta
from models.minicpmo.backend import BackendError, End, OutOfMemory, Text
from models.minicpmo.engine import MiniCPMoEngine
from models.minicpmo.voices import Voices
from tests.minicpmo.pictures import encoded
from tests.minicpmo.recordings import speechlike, write_wav
from tests.minicpmo.scripted_backend import ScriptedBackend, Step, echo

ROOMS = ("amber", "birch", "cedar")
_SECRET = re.compile(r"(amber|birch|cedar)\d+")


def faulty(rng: random.Random) -> Callable[[str], Iterable[Step]]:
    """Echoes, and breaks at times: before, within, or instead of the end."""

    def script(memory: str) -> Iterable[Step]:
        steps = list(echo(memory))
        broken = rng.choice([None, None, BackendError("no"), OutOfMemory("no"), ValueError("no")])
        if broken is None:
            return steps
        return [*steps[: rng.randint(0, len(steps))], broken, End("stop", 1, 1)]

    return script


async def ask(engine: MiniCPMoEngine, room: str, number: int, leave_after: int | None) -> str:
    """The text of an answer, or of as much of it as was read."""
    request = GenerationRequest(
        system=f"{room}0 is the persona.",
        text=" ".join(f"{room}{number + at}" for at in range(6)),
        pictures=(encoded(red=20 * number % 250),),
        room=room,
    )
    heard: list[str] = []
    try:
        async with aclosing(engine.generate(request)) as deltas:
            async for delta in deltas:
                heard += [delta.text] if isinstance(delta, TextDelta) else []
                if leave_after is not None and len(heard) >= leave_after:
                    break
    except EngineError:
        pass
    return "".join(heard)


@pytest.mark.parametrize("seed", range(4))
async def test_interleaved_broken_off_and_failing_requests(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    backend = ScriptedBackend(faulty(rng))
    voices = Voices(tmp_path, write_wav(tmp_path / "own.wav", speechlike(4)))
    engine = MiniCPMoEngine(lambda: backend, voices)
    backend.script, script = lambda _: [Text("Hello"), End("stop", 1, 1)], backend.script
    await engine.start()
    backend.script = script
    heard: list[str] = []

    async def customer(room: str) -> None:
        for number in range(0, 250, 10):
            leave_after = rng.choice([None, None, 0, 1, 3])
            asking = asyncio.create_task(ask(engine, room, number, leave_after))
            if rng.random() < 0.3:
                await asyncio.sleep(rng.choice([0, 0, 0.001, 0.003]))
                asking.cancel()
            await asyncio.wait({asking})
            if not asking.cancelled():
                answer = asking.result()
                heard.append(answer)
                assert set(_SECRET.findall(answer)) <= {room}, answer
                assert not answer or answer.startswith(f"{room}{number}")

    await asyncio.gather(*map(customer, ROOMS))
    await engine.aclose()
    assert sum(map(bool, heard)) > 20
    assert backend.closed_early > 5
