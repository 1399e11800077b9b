"""A source that FFmpeg demuxes: a camera or a stream, or a film that may begin again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from config.source_address import SourceAddress
from ingress.reader.failures import SourceFailure, failure, from_av
from ingress.reader.pacing import LEAP, Discontinuities
from ingress.reader.source import Contents, Piece

AnyPacket: TypeAlias = "Packet[Any]"

BAD_IN_A_ROW = 50
"""Errors without a packet between them after which nothing more is to be expected."""

INTERLEAVE, PATIENCE = 512, 5.0
"""Packets of one stream that may come before the next one of the other, and seconds that they wait.
"""

NOTHING_YET = 0.005
"""Seconds to wait where a device has no picture yet."""

DEFAULT_RATE = Fraction(25)

_OVER = (ConnectionError, TimeoutError, av.error.ExitError, av.error.HTTPError)


class Backing(Protocol):
    """What FFmpeg reads through, where it does not reach the source by itself."""

    @property
    def failure(self) -> SourceFailure | None:
        """What went wrong there; says more than FFmpeg's error then."""

    def close(self) -> None:
        """Idempotent."""


class ContainerSource:
    """A `Source` of the first picture stream, and the first sound stream, of a container."""

    def __init__(
        self,
        container: InputContainer,
        address: SourceAddress,
        *,
        sound: bool = True,
        paced: bool = False,
        transport: str = "",
        backing: Backing | None = None,
    ) -> None:
        """Takes container and backing over. Raises SourceFailure where there is no picture in it;
        the backing is the caller's then.
        """
        self._container = container
        self._backing = backing
        self._address = address
        video = next((one for one in container.streams.video if not _is_cover(one)), None)
        # A stream that FFmpeg cannot decode has no context, whatever PyAV's annotations say.
        context = getattr(video, "codec_context", None)
        if video is None or context is None:
            container.close()
            raise failure("codec", address, "" if video else "has no picture in it")
        self._video = video
        self._streams: list[Any] = [video]
        heard = (one for one in container.streams.audio if getattr(one, "codec_context", None))
        audio = next(heard, None) if sound else None
        if audio is not None:
            self._streams.append(audio)
        rate = video.average_rate or video.guessed_rate
        self.contents = Contents(
            codec=context.codec.canonical_name,
            decoder=context,
            width=context.width,
            height=context.height,
            fps=float(rate) if rate and 0 < rate <= 240 else 0.0,
            aspect=float(video.sample_aspect_ratio or 1),
            sound=audio.codec_context.codec.canonical_name if audio is not None else "",
            sound_decoder=audio.codec_context if audio is not None else None,
            paced=paced,
            transport=transport,
        )

    def pieces(self) -> Iterator[Piece]:
        """Packets as they come."""
        paced = self.contents.paced
        for packet in self.in_time_order() if paced else self.packets():
            yield Piece(_due(packet) if paced else None, packet, sound=self.is_sound(packet))
        raise self._over(failure("ended", self._address))

    def packets(self) -> Iterator[AnyPacket]:
        """Packets as FFmpeg gives them, until the end; a bad one in between is passed over."""
        bad = 0
        while True:
            try:
                for packet in self._container.demux(self._streams):
                    bad = 0
                    if packet.size:
                        yield packet
                if self._backing is not None and self._backing.failure is not None:
                    raise self._backing.failure  # FFmpeg takes what was cut off for the end
                return
            except BlockingIOError:
                time.sleep(NOTHING_YET)
            except (av.FFmpegError, OSError) as error:
                bad += 1
                if isinstance(error, _OVER) or bad >= BAD_IN_A_ROW:
                    raise self._over(from_av(error, self._address)) from None

    def in_time_order(self) -> Iterator[AnyPacket]:
        """Packets by decoding time, however far apart the source keeps sound and picture; where
        its times leap, back or forward, they go on as if they did not.
        """
        queues = [_Queue() for _ in self._streams]
        leaps = Discontinuities()
        for packet in self.packets():
            queues[self.is_sound(packet)].add(packet)
            while all(queues) or _too_long(queues):
                yield _earliest(queues, leaps)
        while any(queues):
            yield _earliest(queues, leaps)

    @property
    def begin(self) -> float:
        """Seconds at which the container's own time begins."""
        return (self._container.start_time or 0) / av.time_base

    def is_sound(self, packet: AnyPacket) -> bool:
        """Whether the packet is one of sound."""
        return packet.stream is not self._video

    def seek(self, seconds: float) -> bool:
        """Goes to the last keyframe at or before this moment of the film; False: it cannot."""
        try:
            self._container.seek(round((self.begin + seconds) * av.time_base))
        except (av.FFmpegError, OSError):
            return False
        return True

    def close(self) -> None:
        """Closes the container, and what is behind it. Idempotent."""
        self._container.close()
        if self._backing is not None:
            self._backing.close()

    def _over(self, said: SourceFailure) -> SourceFailure:
        behind = self._backing.failure if self._backing is not None else None
        return behind or said


class Film:
    """A `Source` with an end: it is played at its own pace, and may begin again."""

    def __init__(
        self,
        reopen: Callable[[], ContainerSource],
        *,
        loop: bool,
        start: float,
    ) -> None:
        """reopen opens it, anew for each pass; start in seconds, from the beginning."""
        self._open = reopen
        self._loop = loop
        self._start = start
        self._source = reopen()
        self.contents = self._source.contents
        self._step = 1 / (self.contents.fps or float(DEFAULT_RATE))
        self._offset = 0.0

    def pieces(self) -> Iterator[Piece]:
        """Packets in decoding order; their timestamps go on from one pass to the next."""
        while True:
            begin = self._offset
            yield from self._one_pass()
            yield Piece()
            if not self._loop:
                return
            if self._offset - begin < self._step / 2:
                if not self._start:
                    raise SourceFailure("codec", "there is no picture in it")
                self._start = 0.0  # it lies behind the end
            self._source.close()
            self._source = self._open()

    def close(self) -> None:
        """Closes the file. Idempotent."""
        self._source.close()

    def _one_pass(self) -> Iterator[Piece]:
        source = self._source
        begin: float | None = source.begin
        if self._start and source.seek(self._start):
            begin = None  # where the keyframe before it is
        end = last = self._offset
        for packet in source.in_time_order():
            if begin is None:
                begin = _due(packet) or 0.0
            _move(packet, self._offset - begin)
            sound = source.is_sound(packet)
            due = _due(packet)
            if due is None:
                due = last + (0.0 if sound else self._step)
            last = max(last, due)
            length = float((packet.duration or 0) * packet.time_base)
            shown = seconds(packet, packet.pts)
            end = max(end, (shown if shown is not None else due) + (length or self._step))
            yield Piece(due, packet, sound=sound)
        self._offset = end


def _move(packet: AnyPacket, seconds: float) -> None:
    ticks = round(seconds / packet.time_base)
    if packet.pts is not None:
        packet.pts += ticks
    if packet.dts is not None:
        packet.dts += ticks


def seconds(packet: AnyPacket, ticks: int | None) -> float | None:
    """So many ticks of the packet's stream, in seconds; None for None."""
    if ticks is None:
        return None
    base = packet.time_base  # multiplying fractions takes longer than all else of a packet
    return ticks * base.numerator / base.denominator


def _due(packet: AnyPacket) -> float | None:
    return seconds(packet, packet.dts if packet.dts is not None else packet.pts)


class _Queue(deque[tuple[int, float, float, AnyPacket]]):
    """Packets of one stream: how often it had leapt back, when each is due, when it was read."""

    leaps = 0
    last: float | None = None

    def add(self, packet: AnyPacket) -> None:
        due, last = _due(packet), self.last
        due = last or 0.0 if due is None else due
        self.leaps += last is not None and due < last - LEAP
        self.last = due
        self.append((self.leaps, due, time.monotonic(), packet))


def _too_long(queues: list[_Queue]) -> bool:
    read = min((queue[0][2] for queue in queues if queue), default=float("inf"))
    return max(map(len, queues)) > INTERLEAVE or time.monotonic() - read > PATIENCE


def _earliest(queues: list[_Queue], leaps: Discontinuities) -> AnyPacket:
    count, due, _, packet = min(filter(None, queues), key=lambda one: one[0][:2]).popleft()
    _move(packet, leaps.shift(due, count))
    return packet


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)
