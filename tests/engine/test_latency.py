"""The slowness that tests can choose."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from models.engine import AudioDelta, Finished, GenerationRequest, TextDelta
from models.latency import DelayedEngine, Latency
from tests.engine.scripted import ScriptedEngine, Step


async def test_pieces_are_never_early() -> None:
    loop = asyncio.get_running_loop()
    tenth = AudioDelta(bytes(4800))
    script: list[Step] = [TextDelta("Hello."), *[tenth] * 4, Finished("stop", 1, 1)]
    engine = DelayedEngine(ScriptedEngine(script), Latency(ready_time=0.1, speed=2.0))
    begin = loop.time()
    async with aclosing(engine.generate(GenerationRequest())) as deltas:
        times = [loop.time() - begin async for _ in deltas]
    first = times[1]
    assert times[0] >= 0.1  # text waits as well
    for number, at in enumerate(times[1:5]):
        assert at >= first + number * 0.05 - 1e-3  # a tenth of a second each, at double speed
    assert times[5] >= first + 0.2 - 1e-3


async def test_closing_while_it_waits_closes_the_engine() -> None:
    inner = ScriptedEngine([TextDelta("Hello."), Finished("stop", 1, 1)])
    engine = DelayedEngine(inner, Latency(ready_time=3600.0))
    deltas = engine.generate(GenerationRequest())
    task = asyncio.ensure_future(anext(deltas))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task})
    await deltas.aclose()
    assert inner.closed.is_set()
