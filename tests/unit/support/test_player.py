from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.support.browser_camera.media import MediaError, Picture, Reader, Sound
from tests.support.browser_camera.player import Player

PLANES = np.zeros((24, 16), np.uint8)


class Script:
    """A `Reader` of these pieces, then an error."""

    has_sound = True

    def __init__(self, *pieces: Picture | Sound) -> None:
        self._pieces = list(pieces)
        self.closed = False

    def read(self) -> Picture | Sound:
        if not self._pieces:
            raise MediaError("a.mp4: there is no such file")
        return self._pieces.pop(0)

    def close(self) -> None:
        self.closed = True


class Endless(Script):
    """A `Reader` whose pictures, each with sound before it or without, never end."""

    def __init__(self, *, with_sound: bool = False) -> None:
        super().__init__()
        self._with_sound = with_sound
        self.given = 0
        self.pictures = 0

    def read(self) -> Picture | Sound:
        self.given += 1
        if self._with_sound and self.given % 2:
            return sound((self.pictures + 1) * 0.01)
        self.pictures += 1
        return picture(self.pictures * 0.01)


class Recorder:
    """A `Sink` that notes the times of what it gets."""

    def __init__(self) -> None:
        self.pictures: list[float] = []
        self.sounds: list[float] = []

    def show(self, picture: Picture) -> None:
        self.pictures.append(picture.time)

    async def play(self, sound: Sound) -> None:
        self.sounds.append(sound.time)


def picture(time: float) -> Picture:
    return Picture(time, 16, 16, PLANES)


def sound(time: float) -> Sound:
    return Sound(time, np.zeros(480, np.int16))


async def play(reader: Reader, sink: Recorder, until: int) -> Player:
    player = Player(reader, sink)
    task = asyncio.create_task(player.run())
    async with asyncio.timeout(30):
        while len(sink.pictures) + player.left_out < until:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return player


async def test_a_source_that_fails_ends_the_player_with_its_own_error() -> None:
    reader = Script(picture(0), sound(0))
    with pytest.raises(MediaError, match="no such file"):
        await Player(reader, Recorder()).run()
    assert reader.closed


async def test_sound_and_picture_are_played_side_by_side_and_in_order() -> None:
    sink = Recorder()
    player = await play(Endless(with_sound=True), sink, until=30)
    assert len(sink.sounds) >= 20
    assert sink.sounds == pytest.approx([i * 0.01 for i in range(1, len(sink.sounds) + 1)])
    assert sink.pictures == sorted(sink.pictures)
    assert len(sink.pictures) + player.left_out >= 30


async def test_it_reads_only_a_little_ahead_and_closes_the_reader_when_it_is_stopped() -> None:
    sink, reader = Recorder(), Endless()
    player = await play(reader, sink, until=20)
    assert reader.closed
    assert reader.given <= len(sink.pictures) + player.left_out + 10
