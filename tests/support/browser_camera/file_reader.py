"""Decodes a video file, over and over."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from tests.support.browser_camera.media import SOUND_RATE, MediaError, Picture, Sound

LONGEST_SIDE = 1280
"""Pixels; larger pictures are scaled down, which the encoder of a small machine needs."""

SHORTEST_SIDE = 16
"""Pixels; smaller pictures are scaled up, since encoders refuse them."""

INTERLEAVE = 512
"""Packets of one stream that may come before the next one of the other."""

DEFAULT_RATE = Fraction(25)


class FileReader:
    """A `Reader` of a file's first video stream and, where it has one, its first audio stream.

    Rotation and pixel shape that the file asks for are applied. Raises MediaError when it cannot be
    opened or has no picture.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._container = self._open()
        self.has_sound = bool(self._container.streams.audio)
        self._offset = 0.0
        self._end = 0.0
        self._pictures_in_pass = 0
        self._pieces = self._decode()

    def read(self) -> Picture | Sound:
        """The next piece; the file begins again behind its last one."""
        while True:
            piece = next(self._pieces, None)
            if piece is not None:
                return piece
            self._begin_again()

    def close(self) -> None:
        """Closes the file. Idempotent."""
        self._pieces.close()
        self._container.close()

    def _begin_again(self) -> None:
        if not self._pictures_in_pass:
            raise MediaError(f"{self._path}: no picture in it can be decoded")
        self._container.close()
        self._container = self._open()
        self._offset = self._end
        self._pictures_in_pass = 0
        self._pieces = self._decode()

    def _open(self) -> InputContainer:
        try:
            container = av.open(str(self._path.absolute()), timeout=10)
        except FileNotFoundError:
            raise MediaError(f"{self._path}: there is no such file") from None
        except IsADirectoryError:
            raise MediaError(f"{self._path}: is a folder, not a video file") from None
        except PermissionError:
            raise MediaError(f"{self._path}: may not be read by this user") from None
        except (av.FFmpegError, OSError) as error:
            reason = error.strerror or type(error).__name__
            raise MediaError(f"{self._path}: is not a video that can be read ({reason})") from None
        if not container.streams.video:
            container.close()
            raise MediaError(f"{self._path}: has no picture in it")
        return container

    def _decode(self) -> Generator[Picture | Sound, None, None]:
        container = self._container
        video = container.streams.video[0]
        start = (container.start_time or 0) / av.time_base - self._offset
        rate = video.average_rate or video.guessed_rate or DEFAULT_RATE
        pictures = _Times(start, float(1 / rate), self._offset)
        sounds = _Times(start, 0.0, self._offset)
        resampler = av.AudioResampler("s16", "mono", SOUND_RATE)
        for packet in _in_time_order(container):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                if isinstance(frame, av.VideoFrame):
                    planes = _planes(frame, video.sample_aspect_ratio)
                    self._pictures_in_pass += 1
                    yield Picture(
                        pictures.next(frame.time), planes.shape[1], planes.shape[0] * 2 // 3, planes
                    )
                elif isinstance(frame, av.AudioFrame):
                    for piece in resampler.resample(frame):
                        samples = piece.to_ndarray().reshape(-1)
                        time = sounds.next(frame.time, len(samples) / SOUND_RATE)
                        yield Sound(time, samples.astype(np.int16, copy=False))
        self._end = max(pictures.end, sounds.end)


class _Times:
    """Times of one stream: they grow, whatever the file says."""

    def __init__(self, start: float, step: float, offset: float) -> None:
        self._start = start
        self._step = step
        self.end = offset

    def next(self, time: float | None, duration: float = 0.0) -> float:
        """Time of a piece whose own time is `time` (None: unknown); `end` moves behind it."""
        step = duration or self._step
        begin = self.end if time is None else time - self._start
        # Half a step of slack: rounding in the file must not push later pieces back for good.
        begin = max(begin, self.end - step / 2)
        self.end = begin + step
        return begin


def _in_time_order(container: InputContainer) -> Iterator[Packet[Stream]]:
    """Packets by decoding time, however far apart the file keeps sound and picture."""
    streams = [container.streams.video[0], *container.streams.audio[:1]]
    waiting: dict[int, deque[Packet[Stream]]] = {stream.index: deque() for stream in streams}
    for packet in container.demux(streams):
        waiting[packet.stream.index].append(packet)
        while all(waiting.values()) or max(map(len, waiting.values())) > INTERLEAVE:
            yield _earliest(waiting)
    while any(waiting.values()):
        yield _earliest(waiting)


def _earliest(waiting: dict[int, deque[Packet[Stream]]]) -> Packet[Stream]:
    queues = [queue for queue in waiting.values() if queue]
    return min(queues, key=lambda queue: _decoding_time(queue[0])).popleft()


def _decoding_time(packet: Packet[Stream]) -> float:
    if packet.dts is None or packet.time_base is None:
        return float("inf") if packet.size == 0 else float("-inf")
    return float(packet.dts * packet.time_base)


def _planes(frame: av.VideoFrame, aspect: Fraction | None) -> NDArray[np.uint8]:
    """The frame as I420 of a size that WebRTC likes, upright."""
    width, height = _size(frame.width * float(aspect or 1), frame.height)
    planes = frame.reformat(width=width, height=height, format="yuv420p").to_ndarray()
    return _upright(planes.astype(np.uint8, copy=False), width, height, frame.rotation)


def _size(width: float, height: float) -> tuple[int, int]:
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    return _even(width * scale), _even(height * scale)


def _even(length: float) -> int:
    return max(round(length / 2) * 2, SHORTEST_SIDE)


_TURNS = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}


def _upright(
    planes: NDArray[np.uint8], width: int, height: int, rotation: int
) -> NDArray[np.uint8]:
    """Turned by `rotation` degrees counterclockwise, in steps of 90, as FFmpeg counts it."""
    turn = _TURNS.get(round(rotation / 90) * 90 % 360)
    if turn is None:
        return planes
    flat = planes.reshape(-1)
    luma, chroma = width * height, width * height // 4
    parts = (
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(height // 2, width // 2),
        flat[luma + chroma :].reshape(height // 2, width // 2),
    )
    turned = [np.asarray(cv2.rotate(part, turn), np.uint8) for part in parts]
    return np.concatenate([part.reshape(-1) for part in turned]).reshape(-1, turned[0].shape[1])
