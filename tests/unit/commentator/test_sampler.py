from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from livekit.plugins.pressbox.commentator import I420, Options, SampledFrame, sample
from livekit.plugins.pressbox.commentator.sampler import FrameSampler

from .pictures import i420
from .stage import ScriptedPacer

OPTIONS = Options(capture_fps=1.0, window_size=8)


class SlowEncoder:
    """Encodes when it is let; notes what and in which thread."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.times: list[float] = []
        self.threads: set[str] = set()
        self.broken: set[float] = set()

    def __call__(self, frame: I420, capture_time: float) -> SampledFrame:
        self.go.wait(10)
        self.times.append(capture_time)
        self.threads.add(threading.current_thread().name)
        if capture_time in self.broken:
            raise RuntimeError("broken")
        return sample(frame, capture_time)


@pytest.fixture
def encoder() -> SlowEncoder:
    return SlowEncoder()


@pytest.fixture
async def sampler(encoder: SlowEncoder) -> AsyncIterator[FrameSampler[I420]]:
    made: FrameSampler[I420] = FrameSampler(OPTIONS, ScriptedPacer(), encoder, lambda frame: frame)
    yield made
    encoder.go.set()
    await made.aclose()
    await made.aclose()
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("pressbox")]


async def push(sampler: FrameSampler[I420], *times: float) -> None:
    """Push frames and let them be encoded."""
    for time in times:
        sampler.push(i420(), time)
        if (running := sampler._running) is not None:
            await asyncio.wait({running})
        await asyncio.sleep(0)


async def test_only_sampled_frames_are_encoded_and_not_on_the_loop(
    sampler: FrameSampler[I420], encoder: SlowEncoder
) -> None:
    await push(sampler, *(n / 10 for n in range(31)))
    assert encoder.times == [0.0, 1.0, 2.0, 3.0]
    assert all(name.startswith("pressbox-frames") for name in encoder.threads)
    assert len(encoder.threads) == 1


async def test_while_one_is_encoded_only_the_newest_sampled_one_waits(
    sampler: FrameSampler[I420], encoder: SlowEncoder
) -> None:
    encoder.go.clear()
    for time in range(6):
        sampler.push(i420(), float(time))
    encoder.go.set()
    assert (await sampler.first_from(5.0)).capture_time == 5.0
    assert encoder.times == [0.0, 5.0]


async def test_the_anchor_is_a_frame_that_need_not_be_sampled(
    sampler: FrameSampler[I420], encoder: SlowEncoder
) -> None:
    await push(sampler, 0.0, 1.0)
    waiting = asyncio.create_task(sampler.first_from(1.25))
    await asyncio.sleep(0)
    await push(sampler, 1.1, 1.2, 1.3, 1.4)
    anchor = await waiting
    assert anchor.capture_time == 1.3
    assert encoder.times == [0.0, 1.0, 1.3]
    frames = sampler.ending_at(anchor, count=4, stride=1)
    assert [frame.capture_time for frame in frames] == [0.0, 1.0, 1.3]


async def test_a_question_gets_the_newest_frame_that_it_may_see(
    sampler: FrameSampler[I420],
) -> None:
    assert await sampler.newest_until(9.0) is None
    await push(sampler, 0.0, 1.0, 1.4)
    fresh = await sampler.newest_until(9.0)
    seen = await sampler.newest_until(1.2)
    assert fresh is not None
    assert seen is not None
    assert (fresh.capture_time, seen.capture_time) == (1.4, 1.0)
    older = await sampler.newest_until(-1.0)
    assert older is not None  # what was shown then is forgotten: the nearest there is
    assert older.capture_time == 0.0


async def test_closing_waits_for_the_thread_and_then_takes_no_frame(
    sampler: FrameSampler[I420], encoder: SlowEncoder
) -> None:
    encoder.go.clear()
    sampler.push(i420(), 0.0)
    closing = asyncio.create_task(sampler.aclose())
    await asyncio.sleep(0.01)
    assert not closing.done()
    encoder.go.set()
    await closing
    sampler.push(i420(), 5.0)
    assert encoder.times == [0.0]


async def test_an_anchor_may_lie_in_the_past(encoder: SlowEncoder) -> None:
    pacer = ScriptedPacer(look_back=2.0, earliest_anchor=0.0)
    sampler: FrameSampler[I420] = FrameSampler(OPTIONS, pacer, encoder, lambda frame: frame)
    await push(sampler, *(n / 20 for n in range(101)))
    assert 4.23 <= (await sampler.first_from(4.23)).capture_time <= 4.35
    assert 2.9 <= (await sampler.first_from(2.9)).capture_time < 3.2, "of what is kept closely"
    assert (await sampler.first_from(0.2)).capture_time == 1.0, "there only the window reaches"
    waiting = asyncio.create_task(sampler.first_from(5.02))
    await asyncio.sleep(0)
    await push(sampler, 5.05)
    assert (await waiting).capture_time == 5.05
    sampler.reset()
    waiting = asyncio.create_task(sampler.first_from(5.0))
    await asyncio.sleep(0)
    await push(sampler, 6.0)
    assert (await waiting).capture_time == 6.0
    await sampler.aclose()


async def test_what_was_found_before_a_reset_is_not_given_after_it(
    sampler: FrameSampler[I420], encoder: SlowEncoder
) -> None:
    await push(sampler, 0.0, 1.0)
    sampler.push(i420(), 1.9)
    encoder.go.clear()
    question = asyncio.create_task(sampler.newest_until(9.0))
    anchor = asyncio.create_task(sampler.first_from(1.6))
    await asyncio.sleep(0)
    sampler.reset()
    encoder.go.set()
    assert await question is None
    await push(sampler, 3.0)
    assert (await anchor).capture_time == 3.0
