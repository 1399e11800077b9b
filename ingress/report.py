"""What there is to know about one source at one moment; the API's JSON and the room's attribute."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass
from typing import Literal

from config.source_names import INGRESS_ATTRIBUTE
from ingress.reader.messages import FailureKind

log = logging.getLogger("pressbox.ingress")

State = Literal["connecting", "live", "stalled", "reconnecting", "failed", "stopped"]

ATTRIBUTE = INGRESS_ATTRIBUTE
"""Participant attribute: compact JSON of the fields in `_IN_THE_ROOM`."""

_UNIX = time.time() - time.monotonic()

_IN_THE_ROOM = (
    *("state", "reason", "error", "codec", "width", "height", "fps", "way", "since", "reconnects"),
    "frozen",
)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One row of `status`. Nothing here is secret.

    `Lifecycle`, `Supervisor` and who brings it into a room fill in what each knows (`report`);
    attribute, API, table and metrics are drawn from it.

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


def unix_time(moment: float) -> float:
    """Unix seconds of a monotonic moment, 0 for 0. The same for the same moment, so that a report
    changes only with what it says.
    """
    return round(moment + _UNIX, 3) if moment else 0.0


def log_change(old: SourceReport | None, new: SourceReport) -> None:
    """Logs what is new for a person."""
    way = f", {new.codec} {new.way} ({new.why})" if new.state == "live" else ""
    if old and (old.state, old.error) == (new.state, new.error) and (not way or old.way == new.way):
        return
    said = f": {new.error}" if new.error else ""
    about = {"room": new.room, "source": new.name}
    log.info("%s in %s is %s%s%s", new.name, new.room, new.state, said, way, extra=about)
