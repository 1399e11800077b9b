from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from livekit import rtc

from agent.commentator.frames import sample
from agent.commentator.intake import FrameIntake
from agent.commentator.window import SampledFrame

from .pictures import i420


class SlowEncoder:
    """Encodes when it is let; notes what and in which thread."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.times: list[float] = []
        self.threads: set[str] = set()
        self.broken: set[float] = set()

    def __call__(self, frame: rtc.VideoFrame, capture_time: float) -> SampledFrame:
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
async def intake(encoder: SlowEncoder) -> AsyncIterator[FrameIntake]:
    made = FrameIntake(capture_fps=1.0, window_size=8, encode=encoder)
    yield made
    encoder.go.set()
    await made.aclose()
    await made.aclose()
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("pressbox")]


async def push(intake: FrameIntake, *times: float) -> None:
    """Push frames and let them be encoded."""
    for time in times:
        intake.push(i420(), time)
        if (running := intake._running) is not None:
            await asyncio.wait({running})
        await asyncio.sleep(0)


async def test_only_sampled_frames_are_encoded_and_not_on_the_loop(
    intake: FrameIntake, encoder: SlowEncoder
) -> None:
    await push(intake, *(n / 10 for n in range(31)))
    assert encoder.times == [0.0, 1.0, 2.0, 3.0]
    assert all(name.startswith("pressbox-frames") for name in encoder.threads)
    assert len(encoder.threads) == 1


async def test_while_one_is_encoded_only_the_newest_sampled_one_waits(
    intake: FrameIntake, encoder: SlowEncoder
) -> None:
    encoder.go.clear()
    for time in range(6):
        intake.push(i420(), float(time))
    encoder.go.set()
    assert (await intake.first_from(5.0)).capture_time == 5.0
    assert encoder.times == [0.0, 5.0]


async def test_the_anchor_is_a_frame_that_need_not_be_sampled(
    intake: FrameIntake, encoder: SlowEncoder
) -> None:
    await push(intake, 0.0, 1.0)
    waiting = asyncio.create_task(intake.first_from(1.25))
    await asyncio.sleep(0)
    await push(intake, 1.1, 1.2, 1.3, 1.4)
    anchor = await waiting
    assert anchor.capture_time == 1.3
    assert encoder.times == [0.0, 1.0, 1.3]
    frames = intake.ending_at(anchor, count=4, stride=1)
    assert [frame.capture_time for frame in frames] == [0.0, 1.0, 1.3]


async def test_an_anchor_in_the_past_is_found_in_the_window(intake: FrameIntake) -> None:
    await push(intake, 0.0, 1.0, 2.0)
    assert (await intake.first_from(0.5)).capture_time == 1.0


async def test_the_last_frame_is_enough_when_the_source_has_stopped(intake: FrameIntake) -> None:
    await push(intake, 0.0, 0.4)
    assert (await intake.first_from(0.2)).capture_time == 0.4


async def test_an_anchor_is_not_overtaken_by_newer_samples(
    intake: FrameIntake, encoder: SlowEncoder
) -> None:
    encoder.go.clear()
    intake.push(i420(), 0.0)
    waiting = asyncio.create_task(intake.first_from(0.1))
    await asyncio.sleep(0)
    for time in (0.2, 1.0, 2.0, 3.0):
        intake.push(i420(), time)
    encoder.go.set()
    assert (await waiting).capture_time == 0.2
    assert (await intake.first_from(3.0)).capture_time == 3.0
    assert encoder.times == [0.0, 0.2, 3.0]


async def test_a_question_gets_the_newest_frame_that_it_may_see(intake: FrameIntake) -> None:
    assert await intake.newest_until(9.0) is None
    await push(intake, 0.0, 1.0, 1.4)
    fresh = await intake.newest_until(9.0)
    seen = await intake.newest_until(1.2)
    assert fresh is not None
    assert seen is not None
    assert (fresh.capture_time, seen.capture_time) == (1.4, 1.0)
    assert await intake.newest_until(-1.0) is None


async def test_after_a_reset_nothing_of_the_old_source_comes_out(
    intake: FrameIntake, encoder: SlowEncoder
) -> None:
    await push(intake, 0.0, 1.0)
    encoder.go.clear()
    intake.push(i420(), 2.0)
    waiting = asyncio.create_task(intake.first_from(0.0))
    intake.reset()
    await asyncio.sleep(0)
    encoder.go.set()
    await push(intake, 3.0)
    anchor = await waiting
    assert anchor.capture_time == 3.0
    assert intake.ending_at(anchor, count=8, stride=1) == [anchor]


async def test_a_broken_frame_is_skipped_and_told_once(
    intake: FrameIntake, encoder: SlowEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    encoder.broken = {0.0, 1.0}
    waiting = asyncio.create_task(intake.first_from(0.0))
    await asyncio.sleep(0)
    await push(intake, 0.0, 1.0, 2.0)
    assert (await waiting).capture_time == 2.0
    assert len(caplog.records) == 1


async def test_giving_up_waiting_leaves_nothing_behind(
    intake: FrameIntake, encoder: SlowEncoder
) -> None:
    await push(intake, 0.0)
    waiting = asyncio.create_task(intake.first_from(0.5))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    await push(intake, 0.6)
    assert encoder.times == [0.0]


async def test_other_options_hold_from_then_on(intake: FrameIntake, encoder: SlowEncoder) -> None:
    await push(intake, 0.0, 0.5)
    intake.set_options(capture_fps=10.0, window_size=2)
    await push(intake, 0.6, 0.7, 0.8)
    assert encoder.times == [0.0, 0.6, 0.7, 0.8]
    assert (await intake.first_from(0.0)).capture_time == 0.7


async def test_closing_waits_for_the_thread_and_then_takes_no_frame(
    intake: FrameIntake, encoder: SlowEncoder
) -> None:
    encoder.go.clear()
    intake.push(i420(), 0.0)
    closing = asyncio.create_task(intake.aclose())
    await asyncio.sleep(0.01)
    assert not closing.done()
    encoder.go.set()
    await closing
    intake.push(i420(), 5.0)
    assert encoder.times == [0.0]


async def test_an_anchor_may_lie_in_the_past(encoder: SlowEncoder) -> None:
    intake = FrameIntake(
        capture_fps=1.0,
        window_size=8,
        look_back=lambda: 2.0,
        earliest_anchor=lambda: 0.0,
        encode=encoder,
    )
    await push(intake, *(n / 20 for n in range(101)))
    assert abs((await intake.nearest(4.23)).capture_time - 4.23) <= 0.05
    assert 2.9 < (await intake.nearest(2.9)).capture_time < 3.2, "of what is kept closely"
    assert (await intake.nearest(0.2)).capture_time == 0.0, "further back only the window reaches"
    waiting = asyncio.create_task(intake.nearest(5.02))
    await asyncio.sleep(0)
    await push(intake, 5.05)
    assert (await waiting).capture_time == 5.05
    intake.reset()
    waiting = asyncio.create_task(intake.nearest(5.0))
    await asyncio.sleep(0)
    await push(intake, 6.0)
    assert (await waiting).capture_time == 6.0
    await intake.aclose()


async def test_what_no_anchor_can_lie_in_is_not_kept(encoder: SlowEncoder) -> None:
    intake = FrameIntake(
        capture_fps=1.0,
        window_size=8,
        look_back=lambda: 9.0,
        earliest_anchor=lambda: 2.0,
        encode=encoder,
    )
    await push(intake, *(n / 20 for n in range(61)))
    assert [time for time in encoder.times if time < 2.0] == [0.0, 1.0]
    assert len([time for time in encoder.times if time >= 2.0]) >= 10
    assert (await intake.nearest(1.4)).capture_time == 1.0, "the nearest that there is"
    assert (await intake.nearest(2.99)).capture_time == 3.0
    await intake.aclose()
