"""What a booth without a room shows and says, at the moment at which it is shown and said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from agent.picture.hold import Packet
from tests.support.virtual_time import virtual
from video.encoder import Codec, VideoEncoder
from web.ducking import Ducking
from web.pictures import I420
from web.sound import LATER, RATE, Sound
from web.standalone.tracks import LocalSound, Screen, Shown

VOICE = 24_000
PIECE = np.full(VOICE // 25, 8_000, np.int16).tobytes()
"""40 ms."""


class Stage:
    """A screen, and a camera of ten pictures a second that are known by their grey."""

    def __init__(self, codec: Codec) -> None:
        self.encoder = VideoEncoder(codec, 1_000_000)
        self.seen: list[tuple[int, int]] = []
        """Number and grey."""
        self.screen = Screen(self._show, lambda _: None)
        self.number = 0

    def _show(self, picture: I420, captured: float) -> None:
        self.seen.append((round(captured), round(float(picture[:8, :8].mean()))))

    def packet(self) -> Packet:
        self.number += 1
        i420 = np.full((72, 64), 20 * self.number, np.uint8)
        (one,) = self.encoder.encode(i420, 100 + self.number / 10)
        return Packet(one.codec, one.data, one.key, one.width, one.height, one.time, self.number)

    def take(self, packet: Packet, wait: float = 0.0) -> None:
        self.screen.take(Shown(packet, float(packet.frame_id), time.monotonic() + wait))

    async def show(self, *packets: Packet) -> None:
        """One after another, each with time to be decoded."""
        for packet in packets:
            self.take(packet)
            await asyncio.sleep(0.1)


@asynccontextmanager
async def stage(codec: Codec = "h264") -> AsyncIterator[Stage]:
    on = Stage(codec)
    on.screen.start()
    yield on
    await on.screen.aclose()
    await on.screen.aclose()


def is_as_filmed(seen: list[tuple[int, int]]) -> bool:
    return all(abs(grey - 20 * number) < 6 for number, grey in seen)


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_who_comes_in_between_sees_what_is_on_display_at_once(codec: Codec) -> None:
    @virtual
    async def run() -> None:
        async with stage(codec) as on:
            await on.show(*(on.packet() for _ in range(4)))
            assert on.seen == [], "nobody wanted it"
            on.screen.want(True)
            await asyncio.sleep(0.1)
            assert [number for number, _ in on.seen] == [4]
            await on.show(on.packet(), on.packet())
            on.screen.want(False)
            await on.show(on.packet())
            assert [number for number, _ in on.seen] == [4, 5, 6]
            assert is_as_filmed(on.seen)

    run()


@virtual
async def test_a_broken_packet_costs_the_pictures_up_to_the_next_key_frame() -> None:
    async with stage() as on:
        on.screen.want(True)
        first, second, third = (on.packet() for _ in range(3))
        await on.show(first, replace(second, data=b"\0\0\0\1\x25garbage"), third)
        on.encoder = VideoEncoder("h264", 1_000_000)
        await on.show(on.packet(), on.packet())
        assert [number for number, _ in on.seen][-2:] == [4, 5]
        assert is_as_filmed(on.seen)


@virtual
async def test_what_comes_before_its_time_is_shown_at_its_time_and_none_is_lost() -> None:
    async with stage() as on:
        on.screen.want(True)
        for at in range(3):
            on.take(on.packet(), wait=0.1 + at / 30)
        await asyncio.sleep(0.09 + LATER)  # with the sound of that time
        assert on.seen == []
        await asyncio.sleep(0.1)
        assert [number for number, _ in on.seen] == [1, 2, 3]


@virtual
async def test_sound_goes_at_its_pace_and_comes_whole_whether_anybody_listens_or_not() -> None:
    sound = Sound()
    track = LocalSound(sound, Ducking(), "commentary", VOICE, 80)
    begun = time.monotonic()
    for _ in range(25):
        await track.take(PIECE)
    assert time.monotonic() - begun == pytest.approx(1.0 - 0.08)
    assert track.queued == pytest.approx(0.08)
    track.clear()
    assert track.queued == 0
    heard: list[tuple[float, int]] = []
    async with aclosing(sound.listen()) as chunks:
        begins = asyncio.create_task(anext(chunks))
        await asyncio.sleep(1.0)
        await begins
        spoken = time.monotonic()
        for _ in range(25):
            await track.take(PIECE)
        async for chunk in chunks:
            samples = np.frombuffer(chunk, np.int16)
            heard.append((time.monotonic() - spoken, int((samples > 7_000).sum())))
            if len(heard) > 60 and not heard[-1][1]:
                break
    whole = sum(count for _, count in heard) / RATE
    assert whole == pytest.approx(1.0, abs=0.002), "resampled, without a hole"
    await sound.aclose()
