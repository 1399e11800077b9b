"""What a container's errors do: one bad packet is passed over, an end is an end."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from config.source_address import parse
from ingress.reader.container import BAD_IN_A_ROW, ContainerSource, Film
from ingress.reader.failures import SourceFailure
from ingress.reader.source import Piece
from tests.support.clips import film

CAMERA = parse("rtsp://admin:secret@camera/")


class Scripted:
    """A real container whose reading fails as a script says: errors by the number of the packet
    before which they come, each as often as it stands there.
    """

    def __init__(self, path: Path, script: dict[int, list[BaseException]]) -> None:
        self._container = av.open(str(path))
        self._packets = self._container.demux()
        self._script = script
        self._number = 0
        self.closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def demux(self, streams: list[Any]) -> Iterator[av.Packet[Any]]:
        while True:
            if errors := self._script.get(self._number):
                raise errors.pop(0)
            packet = next(self._packets, None)
            if packet is None:
                return
            self._number += 1
            yield packet

    def close(self) -> None:
        self.closed = True
        self._container.close()


def error(code: int) -> BaseException:
    with pytest.raises((av.FFmpegError, OSError)) as raised:
        av.error.err_check(-code, "rtsp://admin:secret@camera/")
    return raised.value


def bad(count: int) -> list[BaseException]:
    return [error(av.error.tag_to_code(b"INDA")) for _ in range(count)]


def source(path: Path, script: dict[int, list[BaseException]]) -> ContainerSource:
    return ContainerSource(Scripted(path, script), CAMERA)  # type: ignore[arg-type]


def read(made: ContainerSource) -> tuple[int, SourceFailure]:
    pieces: list[Piece] = []
    try:
        for piece in made.pieces():
            pieces.append(piece)  # noqa: PERF402  # what came before the failure counts
    except SourceFailure as over:
        return len(pieces), over
    raise AssertionError("it has ended without a reason")


def test_what_is_bad_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    script = {3: bad(1), 7: bad(BAD_IN_A_ROW - 1), 9: [error(errno.EAGAIN)], 11: bad(2)}
    count, over = read(source(film(tmp_path / "a.mp4"), script))
    assert (count, over.kind) == (15, "ended")


def test_too_much_that_is_bad_is_the_end(tmp_path: Path) -> None:
    count, over = read(source(film(tmp_path / "a.mp4"), {3: bad(BAD_IN_A_ROW)}))
    assert (count, over.kind, over.text) == (3, "protocol", "what camera:554 sends is no video")


@pytest.mark.parametrize(
    ("code", "kind"), [(errno.ECONNRESET, "ended"), (errno.ETIMEDOUT, "no_answer")]
)
def test_a_lost_connection_is_the_end_at_once(tmp_path: Path, code: int, kind: str) -> None:
    count, over = read(source(film(tmp_path / "a.mp4"), {4: [error(code)]}))
    assert (count, over.kind) == (4, kind)
    assert "secret" not in str(over)


class Behind:
    """What is behind a container, and knows better."""

    def __init__(self) -> None:
        self.failure: SourceFailure | None = SourceFailure("forbidden", "not this one")
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_what_is_behind_it_says_why_and_is_closed_with_it(tmp_path: Path) -> None:
    behind = Behind()
    container = Scripted(film(tmp_path / "a.mp4"), {4: [error(errno.EIO)] * BAD_IN_A_ROW})
    made = ContainerSource(container, CAMERA, backing=behind)  # type: ignore[arg-type]
    assert read(made)[1] is behind.failure
    made.close()
    assert container.closed
    assert behind.closed == 1


def test_a_films_times_go_on_from_pass_to_pass(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", sound="aac")
    made = Film(
        lambda: ContainerSource(av.open(str(path)), CAMERA, paced=True), loop=True, start=0.0
    )
    pieces = made.pieces()
    times: list[float] = []
    seams = 0
    while seams < 3:
        piece = next(pieces)
        seams += piece.packet is None
        if piece.packet is not None and not piece.sound and piece.time is not None:
            times.append(piece.time)
    made.close()
    length = times[15] - times[0]
    assert length == pytest.approx(0.6, abs=0.1)
    assert times == pytest.approx(
        [number // 15 * length + number % 15 / 25 for number in range(45)], abs=0.001
    )


@pytest.mark.parametrize("leap", [3.0, 10.0, 15.0, 25.0, -1.5, -3600.0])
@pytest.mark.parametrize("apart", [False, True])
def test_a_leap_in_a_films_times_is_crossed_at_once(
    tmp_path: Path, leap: float, apart: bool
) -> None:
    """apart: each second's pictures come before its sound, as in a segment of fMP4."""
    path = film(tmp_path / "a.mkv", sound="aac", seconds=4)
    made = ContainerSource(_Leaping(path, leap, apart=apart), CAMERA, paced=True)  # type: ignore[arg-type]
    pieces: list[Piece] = []
    with pytest.raises(SourceFailure):
        pieces += made.pieces()
    times = {sound: [one.time for one in pieces if one.sound is sound] for sound in (False, True)}
    assert len(times[False]) == 100
    for found in times.values():
        assert [one or 0.0 for one in found] == pytest.approx(
            [n * 4 / len(found) for n in range(len(found))], abs=0.1
        )
    together = [one.time or 0.0 for one in pieces]
    assert together == sorted(together)


class _Leaping(Scripted):
    def __init__(self, path: Path, leap: float, *, apart: bool) -> None:
        super().__init__(path, {})
        packets = [one for one in self._packets if one.size]
        for packet in packets:
            if float((packet.dts or 0) * packet.time_base) >= 2.2:
                ticks = round(leap / packet.time_base)
                packet.pts, packet.dts = (packet.pts or 0) + ticks, (packet.dts or 0) + ticks
        segments = [packets[n : n + 70] for n in range(0, len(packets), 70)]
        for segment in segments if apart else ():
            segment.sort(key=lambda one: one.stream.type == "audio")
        self._packets = iter([one for segment in segments for one in segment])
