"""What there is to know about one source at one moment; the API's JSON and the room's attribute."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from config.source_names import INGRESS_ATTRIBUTE
from ingress.reader.messages import FailureKind

State = Literal["connecting", "live", "stalled", "reconnecting", "failed", "stopped"]

ATTRIBUTE = INGRESS_ATTRIBUTE
"""Participant attribute: compact JSON of the fields in `_IN_THE_ROOM`."""

_IN_THE_ROOM = (
    *("state", "reason", "error", "codec", "width", "height", "fps", "way", "since", "reconnects"),
    "frozen",
)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One row of `status`. Nothing here is secret.

    state and, while it is failed, reason (`room`: the room does not take it); error: the last one,
    one line, "" while all is well; url: the safe form; codec as it comes in, way it goes through
    and why; sizes in pixels; fps and bitrate (bits a second) as measured over the last seconds;
    encoder: what the encoder takes at most, bits a second, 0 where nothing is encoded;
    since: Unix seconds of the last change of state; reconnects: times it came back; next_try: Unix
    seconds, 0 while none waits; frozen: Unix seconds since when the picture has not changed, 0 for
    not; skipped: pictures left out because the relay had fallen behind; late: seconds from reading
    to handing over, the last picture; frames, byte_count: pictures read since it was added, and the
    bytes in them.
    """

    name: str
    room: str
    url: str
    via: str
    state: State = "connecting"
    reason: FailureKind | Literal["", "room"] = ""
    error: str = ""
    codec: str = ""
    sound: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    bitrate: int = 0
    encoder: int = 0
    way: str = ""
    why: str = ""
    since: float = 0.0
    reconnects: int = 0
    next_try: float = 0.0
    frozen: float = 0.0
    skipped: int = 0
    late: float = 0.0
    frames: int = 0
    byte_count: int = 0

    def json(self) -> dict[str, object]:
        """All fields as JSON values."""
        return asdict(self)

    def attribute(self) -> str:
        """The value of ATTRIBUTE."""
        fields = {name: getattr(self, name) for name in _IN_THE_ROOM}
        return json.dumps(fields, separators=(",", ":"))
