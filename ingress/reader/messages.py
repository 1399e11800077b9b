"""What a reader process and its owner say to one another, and how it lies on the pipe.

Each message is a head of one size, and what the head says how long it is: pictures and sound as
they are, all else as JSON. All times are `time.monotonic()` seconds, which processes of one machine
share.
"""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, Literal

Way = Literal["passthrough", "transcoded"]
FailureKind = Literal[
    "auth",  # credentials are missing or wrong
    "not_found",  # the camera answers and has no such stream
    "codec",  # there is no picture in it, or none that can be decoded
    "refused",  # nobody listens there
    "unreachable",  # no such host, no route, no answer to a connection
    "no_answer",  # it accepts and says nothing, or stops in the middle
    "protocol",  # what it says makes no sense
    "forbidden",  # an address that may not be read
    "ended",  # the source closed the connection, or the file is over
    "internal",  # our fault
]

_HEAD = struct.Struct("<BI?HHdd")
"""Kind, bytes that follow, key, width, height, time, arrived; 0 where a message has no such."""

LONGEST = 64 * 1024 * 1024
"""Bytes that may follow; a head that says more is garbage."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The source is open and this is what it has. Sizes in pixels, fps 0 where it is unknown."""

    codec: str
    width: int
    height: int
    fps: float
    way: Way
    why: str
    """Why it goes this way, in a few words for a person."""
    sound: str = ""
    """Codec of the sound; "" where there is none."""
    transport: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """One picture in H.264, as Annex B; a key unit holds SPS and PPS.

    time: when it is to be shown, increasing, smoothed from the source's own timestamps;
    arrived: when it was read.
    """

    key: bool
    width: int
    height: int
    time: float
    arrived: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono int16 samples, little endian, 48 kHz; time is that of the first, on the pictures'
    time line.
    """

    time: float
    arrived: float
    data: bytes


@dataclass(frozen=True, slots=True)
class RawPicture:
    """A decoded picture: I420, height * 3 / 2 rows of width bytes, both even."""

    width: int
    height: int
    time: float
    arrived: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """Something changed while it runs.

    way: "" or the way it goes from now on, with why; frozen: since when (monotonic) the picture has
    not changed, 0 for not; skipped: pictures left out so far because reading had fallen behind;
    bitrate: what the encoder takes at most, bits a second, 0 where nothing is encoded; remark: what
    somebody should know, one line; while pictures are waited for it is told anew every second;
    listening: nobody sends yet, and that may last.
    """

    way: Way | Literal[""] = ""
    why: str = ""
    frozen: float = 0.0
    skipped: int = 0
    bitrate: int = 0
    remark: str = ""
    listening: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """Reading is over; the process ends. `text` is one line without secrets."""

    kind: FailureKind
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """What to read; the first message to a new reader. Holds secrets: it goes over the pipe only.

    url as in `SourceAddress.url`. output: `encoded` gives Unit, `raw` gives RawPicture.
    headers: further ones for HTTP, to the address' own host only; snapshot_rate: pictures a second
    of an address that has one picture.
    guarded: the address came from the page: only hosts in `networks` (CIDR or host names) and
    public addresses may be reached, redirects included. turn: degrees clockwise that the picture is
    to be turned by; mirror: and then mirrored left to right.
    """

    url: str = field(repr=False)
    mode: Literal["auto", "passthrough", "transcode"] = "auto"
    transport: Literal["auto", "tcp", "udp"] = "auto"
    sound: bool = True
    loop: bool = True
    start: float = 0.0
    output: Literal["encoded", "raw"] = "encoded"
    bitrate: int = 2_500_000
    turn: Literal[0, 90, 180, 270] = 0
    mirror: bool = False
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    snapshot_rate: float = 2.0
    guarded: bool = False
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What the owner wants while it runs. key: a keyframe was asked for; bitrate: bits a second
    from now on, 0 for as it is.
    """

    key: bool = False
    bitrate: int = 0


Message = Opened | Unit | Sound | RawPicture | Note | Failed | Request | Order
_JSON: dict[int, type[Any]] = {1: Opened, 2: Note, 3: Failed, 4: Request, 5: Order}
_UNIT, _SOUND, _RAW = 16, 17, 18


class GarbageError(ValueError):
    """What came over the pipe is no message."""


def encode(message: Message) -> tuple[bytes, bytes]:
    """The message as two buffers, to be written one after the other; its data is not copied."""
    if isinstance(message, Sound):
        data = message.data
        return _HEAD.pack(_SOUND, len(data), 0, 0, 0, message.time, message.arrived), data
    if isinstance(message, Unit | RawPicture):
        kind, key = (_UNIT, message.key) if isinstance(message, Unit) else (_RAW, False)
        size, times = (message.width, message.height), (message.time, message.arrived)
        return _HEAD.pack(kind, len(message.data), key, *size, *times), message.data
    kind = next(number for number, made in _JSON.items() if isinstance(message, made))
    data = json.dumps(asdict(message)).encode()
    return _HEAD.pack(kind, len(data), 0, 0, 0, 0, 0), data


def read(pipe: BinaryIO) -> Message | None:
    """The next message; None where nobody is there any more. Blocks. Raises GarbageError."""
    head = pipe.read(_HEAD.size)
    body = pipe.read(_length(head)) if len(head) == _HEAD.size else b""
    return _decode(head, body)


async def receive(pipe: asyncio.StreamReader) -> Message | None:
    """As `read`."""
    try:
        head = await pipe.readexactly(_HEAD.size)
        return _decode(head, await pipe.readexactly(_length(head)))
    except asyncio.IncompleteReadError:
        return None


def _length(head: bytes) -> int:
    length = int(_HEAD.unpack(head)[1])
    if length > LONGEST:
        raise GarbageError(f"a message of {length} bytes")
    return length


def _decode(head: bytes, body: bytes) -> Message | None:
    if len(head) < _HEAD.size:
        return None
    kind, length, key, width, height, time, arrived = _HEAD.unpack(head)
    if len(body) < length:
        return None
    if kind == _UNIT:
        return Unit(key, width, height, time, arrived, body)
    if kind == _SOUND:
        return Sound(time, arrived, body)
    if kind == _RAW:
        return RawPicture(width, height, time, arrived, body)
    try:
        made: Message = _JSON[kind](**json.loads(body))
    except (KeyError, TypeError, ValueError):
        raise GarbageError(f"a message of kind {kind} with {length} bytes") from None
    return made
