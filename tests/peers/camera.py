"""A camera as a process: draws a picture with a clock in it, in real time, and publishes it.

    python -m tests.peers.camera '{"to": "rtsp://…", "format": "rtsp", "codec": "h264", …}' …

Each argument is one output, all of the same moment. Lines on its standard input change it:
{"size": [640, 360]}, {"jump": 3600}, {"frozen": true}, {"silent": true}. A beep starts with each
whole second of the monotonic clock, so that picture and sound can be compared.
"""

from __future__ import annotations

import contextlib
import json
import queue
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from tests.peers import camera_encoders as encoders
from tests.peers.camera_encoders import CLOCK, Look
from tests.peers.program import Program
from tests.support import burnt_clock

BEEP_SECONDS, BEEP_HZ = 0.15, 880.0
_RETRY = 0.3


@dataclass(frozen=True, slots=True)
class Output:
    """Where one stream goes, and how. sound: codec, "" for none."""

    to: str
    format: str = "rtsp"
    look: Look = field(default_factory=Look)
    sound: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Output:
        """The reverse of `json`."""
        read = json.loads(text)
        return cls(**{**read, "look": Look(**read["look"])})


class Camera(Program):
    """The camera's process as a test sees it."""

    def change(self, **what: object) -> None:
        """Changes what it sends; see the module's text."""
        self.tell(json.dumps(what))


@contextmanager
def camera(folder: Path, *outputs: Output, namespace: str = "") -> Iterator[Camera]:
    """A camera that sends to all outputs and tries again where one does not take it."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [output.json() for output in outputs]
    command = (sys.executable, "-m", "tests.peers.camera", *words)
    with Camera(
        command, folder / "camera.log", namespace=namespace, environment={"SVT_LOG": "1"}
    ) as process:
        yield process


@dataclass(slots=True)
class _Orders:
    size: tuple[int, int] | None = None
    jump: float = 0.0
    frozen: float = 0.0
    silent: bool = False


class _Sender:
    """One output: encodes and muxes on a thread of its own."""

    def __init__(self, output: Output, orders: _Orders) -> None:
        self._output, self._orders = output, orders
        self._moments: queue.Queue[tuple[int, float]] = queue.Queue(maxsize=30)
        self.thread = threading.Thread(target=self._run, name=output.to, daemon=True)

    def offer(self, counter: int, moment: float) -> None:
        if not self._moments.full():
            self._moments.put((counter, moment))

    def _run(self) -> None:
        while True:
            try:
                self._send()
            except (OSError, av.FFmpegError) as error:
                _say(f"{self._output.to}: {type(error).__name__}")
                time.sleep(_RETRY)

    def _send(self) -> None:
        output, look = self._output, self._output.look
        options = {**_OPTIONS.get(output.format, {}), **output.options}
        container = av.open(output.to, "w", format=output.format, options=options)
        try:
            video = encoders.add_video(container, look)
            sound = _SoundTrack(container, output.sound) if output.sound else None
            container.start_encoding()
            _say(f"{output.to}: sending")
            encoder, size = video.codec_context, (look.width, look.height)
            while not self._moments.empty():
                self._moments.get()
            begun = 0.0
            while True:
                counter, moment = self._moments.get()
                begun = begun or moment
                if self._orders.silent:
                    continue
                wanted = self._orders.size
                if wanted and wanted != size:
                    size = wanted
                    encoder = _resized(look, size)
                frame = picture(size, counter, self._orders.frozen or moment)
                at = moment - begun + self._orders.jump
                frame.pts, frame.time_base = round(at * CLOCK), Fraction(1, CLOCK)
                for packet in encoder.encode(frame):
                    packet.stream = video
                    container.mux(packet)
                if sound:
                    sound.send(moment, begun, self._orders.jump)
        finally:
            with contextlib.suppress(OSError, av.FFmpegError):
                container.close()


_OPTIONS = {
    "rtsp": {"rtsp_transport": "tcp", "strict": "experimental", "max_interleave_delta": "1"},
    "flv": {"flvflags": "no_duration_filesize"},
    "mpegts": {"flush_packets": "1", "pat_period": "0.5"},
}


def _resized(look: Look, size: tuple[int, int]) -> VideoCodecContext:
    values = {**asdict(look), "width": size[0], "height": size[1]}
    return encoders.new_video(Look(**values))


class _SoundTrack:
    """A beep at each whole second of the monotonic clock."""

    def __init__(self, container: OutputContainer, codec: str) -> None:
        self._container = container
        self._rate = encoders.SOUND_RATES[codec]
        self._stream = encoders.add_sound(container, codec)
        self._sent = 0
        self._jump = 0.0

    def send(self, moment: float, begun: float, jump: float) -> None:
        """Sends all samples up to this moment."""
        until = round((moment - begun) * self._rate)
        if until <= self._sent:
            return
        frame = beeps(begun, self._sent, until, self._rate)
        frame.pts = self._sent + round(jump * self._rate)
        self._sent = until
        self._container.mux(self._stream.encode(frame))


def picture(size: tuple[int, int], counter: int, moment: float) -> av.VideoFrame:
    """A grey picture with a moving bar and the clock burnt in; width and height in pixels."""
    width, height = size
    planes: NDArray[np.uint8] = np.full((height * 3 // 2, width), 128, np.uint8)
    luma = planes[:height]
    luma[:] = np.linspace(60, 160, width).astype(np.uint8)
    left = counter * 4 % (width - 16)
    luma[height // 2 :, left : left + 16] = 220
    burnt_clock.burn(luma, counter, moment)
    return av.VideoFrame.from_ndarray(planes, "yuv420p")


def beeps(begun: float, first: int, last: int, rate: int) -> av.AudioFrame:
    """Samples `first` to `last` of a sound that began at `begun` (s) and beeps each second."""
    times = begun + np.arange(first, last) / rate
    beeping = (times % 1.0) < BEEP_SECONDS
    wave = np.sin(2 * np.pi * BEEP_HZ * (times % 1.0)) * beeping * 12_000
    frame = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], "s16", "mono")
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), first
    return frame


def _listen(orders: _Orders) -> None:
    for line in sys.stdin:
        said: dict[str, Any] = json.loads(line)
        if "size" in said:
            orders.size = (said["size"][0], said["size"][1])
        if "frozen" in said:
            orders.frozen = time.monotonic() if said["frozen"] else 0.0
        orders.jump += said.get("jump", 0.0)
        orders.silent = said.get("silent", orders.silent)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Runs until it is killed."""
    av.logging.set_level(av.logging.ERROR)
    outputs = [Output.parse(word) for word in sys.argv[1:]]
    orders = _Orders()
    senders = [_Sender(output, orders) for output in outputs]
    for sender in senders:
        sender.thread.start()
    threading.Thread(target=_listen, args=(orders,), name="orders", daemon=True).start()
    fps = max(output.look.fps for output in outputs)
    counter, begun = 0, time.monotonic()
    while True:
        time.sleep(max(0.0, begun + counter / fps - time.monotonic()))
        moment = time.monotonic()
        for sender, output in zip(senders, outputs, strict=True):
            if counter % (fps // output.look.fps) == 0:
                sender.offer(counter, moment)
        counter += 1


if __name__ == "__main__":
    main()
