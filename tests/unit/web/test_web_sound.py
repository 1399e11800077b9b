"""The fan of sound, on a clock that jumps."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
from numpy.typing import NDArray

from tests.support.virtual_time import virtual
from web.sound import CHUNK, MOST_AHEAD, MOST_BEHIND, RATE, Sound

CHUNK_SAMPLES = round(CHUNK * RATE)


def voice(level: int, seconds: float) -> NDArray[np.int16]:
    return np.full(round(seconds * RATE), level, np.int16)


async def heard(sound: Sound, seconds: float) -> NDArray[np.int16]:
    """What a listener gets of the next seconds."""
    parts = []
    async with aclosing(sound.listen()) as chunks:
        async for chunk in chunks:
            parts.append(np.frombuffer(chunk, "<i2"))
            if len(parts) * CHUNK >= seconds - 1e-9:
                break
    return np.concatenate(parts)


async def speak(sound: Sound, name: str, level: int, seconds: float, late: list[float]) -> None:
    """As a track brings it: 10 ms at a time, some of them late."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number in range(round(seconds * 100)):
        await asyncio.sleep(begun + number * 0.01 + late[number % len(late)] - loop.time())
        sound.push(name, voice(level, 0.01))


@virtual
async def test_voices_are_added_and_clipped() -> None:
    sound = Sound()
    listening = asyncio.create_task(heard(sound, 0.2))
    await asyncio.sleep(0.001)
    for name, level in (("commentary", 30_000), ("original", 5_000)):
        sound.push(name, voice(level, 0.04))
    samples = await listening
    assert samples[samples != 0].tolist() == [32_767] * 2 * CHUNK_SAMPLES


@virtual
async def test_late_packets_leave_no_hole_in_a_word() -> None:
    sound = Sound()
    listening = asyncio.create_task(heard(sound, 1.5))
    await asyncio.sleep(0.013)
    await speak(sound, "commentary", 1000, 1.0, late=[0, 0.019, 0.03, 0.002, 0.025])
    samples = await listening
    spoken = np.flatnonzero(samples)
    assert len(spoken) == RATE
    assert spoken[-1] - spoken[0] == RATE - 1, "there is silence within it"
    assert spoken[0] / RATE < 0.1


@virtual
async def test_a_voice_that_got_ahead_is_brought_back_and_is_never_far_behind() -> None:
    """A hitch brought a third of a second at once; that must not stay the delay for ever."""
    sound = Sound()
    listening = asyncio.create_task(heard(sound, 5.0))
    await asyncio.sleep(0.001)
    sound.push("original", voice(1, 10.0))
    assert sound._voices["original"].length <= MOST_AHEAD * RATE
    await speak(sound, "original", 1, 4.0, late=[0])
    sound.push("original", voice(2, 0.01))
    samples = await listening
    assert np.flatnonzero(samples == 2)[0] / RATE - 4.0 < 0.15


@virtual
async def test_a_listener_who_is_slow_loses_sound_and_holds_up_nobody() -> None:
    sound = Sound()
    slow = sound.listen()
    await anext(slow)
    assert len(await heard(sound, 10.0)) == 10 * RATE
    waiting = 0
    try:
        while True:
            async with asyncio.timeout(0.001):
                await anext(slow)
            waiting += 1
    except TimeoutError:
        assert waiting <= MOST_BEHIND / CHUNK
    await slow.aclose()
    await sound.aclose()


@virtual
async def test_it_runs_while_somebody_listens_and_starts_again() -> None:
    wanted: list[bool] = []
    sound = Sound(wanted.append)
    sound.push("commentary", voice(1, 0.1))
    for _ in range(3):
        first, second = sound.listen(), sound.listen()
        await anext(first)
        await anext(second)
        await first.aclose()
        assert wanted[-1] is True
        await anext(second)
        await second.aclose()
        assert not (await heard(sound, 0.04)).any(), "what was said before is not heard now"
    assert wanted == [True, False] * 6
