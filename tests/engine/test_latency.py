"""The slowness that tests can choose."""

from __future__ import annotations

import asyncio
import statistics
from contextlib import aclosing

import pytest

from models.engine import AudioDelta, Finished, GenerationRequest, TextDelta
from models.latency import DelayedEngine, Latency, ReadyTimes
from tests.engine.scripted import ScriptedEngine, Step


@pytest.mark.parametrize(("mean", "cv"), [(1.2, 0.4), (0.5, 0.0), (3.0, 1.0)])
def test_ready_times_have_the_chosen_mean_and_spread(mean: float, cv: float) -> None:
    times = ReadyTimes(Latency(ready_time=mean, ready_cv=cv, seed=1))
    drawn = [times.next() for _ in range(40_000)]
    for seed in (1, 2):
        other = ReadyTimes(Latency(mean, cv, seed))
        assert ([other.next() for _ in range(5)] == drawn[:5]) == (seed == 1 or not cv)
    assert statistics.fmean(drawn) == pytest.approx(mean, rel=0.03)
    assert statistics.pstdev(drawn) / mean == pytest.approx(cv, rel=0.05)
    assert min(drawn) > 0


@pytest.mark.parametrize("name", ["ready_time", "ready_cv", "speed"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_nonsense_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Latency(**{name: value})  # type: ignore[arg-type]


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
