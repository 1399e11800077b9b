"""What a reader process and its owner say to one another, and how it is written on the pipe.

Each message is a head (kind, length) and a body. Pictures and sound are binary, the rest is JSON.
All times are `time.monotonic()` seconds, which processes of one machine share.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

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

HEAD = struct.Struct("<BI")
_UNIT = struct.Struct("<BHHdd")
_SOUND = struct.Struct("<dd")
_RAW = struct.Struct("<HHdd")
LONGEST_BODY = 64 * 1024 * 1024
"""Bytes; a head that says more is garbage."""


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
    """What the owner wants while it runs. key: a key frame was asked for; bitrate: bits a second
    from now on, 0 for as it is.
    """

    key: bool = False
    bitrate: int = 0


Message = Opened | Unit | Sound | RawPicture | Note | Failed | Request | Order
_JSON: dict[int, type[Any]] = {1: Opened, 2: Note, 3: Failed, 4: Request, 5: Order}
_UNIT_KIND, _SOUND_KIND, _RAW_KIND = 16, 17, 18


class GarbageError(ValueError):
    """What came over the pipe is no message."""


def encode(message: Message) -> list[bytes]:
    """The message as buffers to be written one after the other; the data is not copied."""
    if isinstance(message, Unit):
        size = (message.width, message.height)
        fields = _UNIT.pack(message.key, *size, message.time, message.arrived)
        return _framed(_UNIT_KIND, fields, message.data)
    if isinstance(message, Sound):
        return _framed(_SOUND_KIND, _SOUND.pack(message.time, message.arrived), message.data)
    if isinstance(message, RawPicture):
        fields = _RAW.pack(message.width, message.height, message.time, message.arrived)
        return _framed(_RAW_KIND, fields, message.data)
    kind = next(number for number, made in _JSON.items() if isinstance(message, made))
    return _framed(kind, json.dumps(asdict(message)).encode(), b"")


def decode(kind: int, body: bytes) -> Message:
    """The message of this kind. Raises GarbageError."""
    try:
        if kind == _UNIT_KIND:
            key, width, height, time, arrived = _UNIT.unpack_from(body)
            return Unit(bool(key), width, height, time, arrived, body[_UNIT.size :])
        if kind == _SOUND_KIND:
            time, arrived = _SOUND.unpack_from(body)
            return Sound(time, arrived, body[_SOUND.size :])
        if kind == _RAW_KIND:
            width, height, time, arrived = _RAW.unpack_from(body)
            return RawPicture(width, height, time, arrived, body[_RAW.size :])
        made: Message = _JSON[kind](**json.loads(body))
        return made
    except (KeyError, IndexError, TypeError, ValueError, struct.error):
        raise GarbageError(f"a message of kind {kind} with {len(body)} bytes") from None


def _framed(kind: int, fields: bytes, data: bytes) -> list[bytes]:
    head = HEAD.pack(kind, len(fields) + len(data)) + fields
    return [head, data] if data else [head]
