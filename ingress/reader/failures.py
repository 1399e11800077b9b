"""Why a source cannot be read, in words for a person."""

from __future__ import annotations

import errno

import av
from av import error as codes

from config.source_address import SourceAddress
from ingress.reader.messages import FailureKind


class SourceFailure(Exception):  # noqa: N818  # it is the source that fails
    """The source cannot be read. `str()` is one line without secrets. retry_after: seconds that its
    server asks us to wait.
    """

    retry_after = 0

    def __init__(self, kind: FailureKind, text: str) -> None:
        super().__init__(text)
        self.kind: FailureKind = kind
        self.text = text


_TEXTS: dict[FailureKind, str] = {
    "auth": "{who} refuses the user name and password",
    "not_found": "{who} has no such stream",
    "codec": "{who} has no picture that can be decoded",
    "refused": "nobody listens at {who}",
    "unreachable": "{who} cannot be reached",
    "no_answer": "{who} does not answer",
    "protocol": "what {who} sends is no video",
    "forbidden": "{who} may not be read",
    "ended": "{who} has closed the connection",
    "internal": "{who} cannot be read by this installation",
}

_CLASSES: tuple[tuple[tuple[type[BaseException], ...], FailureKind], ...] = (
    ((codes.HTTPUnauthorizedError, codes.HTTPForbiddenError), "auth"),
    ((codes.HTTPNotFoundError, FileNotFoundError), "not_found"),
    ((codes.ProtocolNotFoundError, codes.DemuxerNotFoundError), "internal"),
    ((codes.DecoderNotFoundError,), "codec"),
    ((codes.HTTPError, codes.HTTPClientError, codes.InvalidDataError), "protocol"),
    ((ConnectionRefusedError,), "refused"),
    ((TimeoutError, codes.ExitError), "no_answer"),
    ((EOFError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError), "ended"),
    ((PermissionError,), "forbidden"),
)

_NUMBERS: dict[int, FailureKind] = {
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.ENODEV: "not_found",
    errno.ENXIO: "not_found",
    errno.ENOTCONN: "ended",
    errno.EIO: "ended",
    errno.EBUSY: "refused",
}

_FILE: dict[FailureKind, str] = {
    "not_found": "there is no such file",
    "forbidden": "may not be read by this user",
    "protocol": "is not a video that can be read",
}
_DEVICE: dict[FailureKind, str] = {
    "not_found": "there is no such device",
    "forbidden": "may not be read by this user",
    "refused": "another program has it open",
    "ended": "it was unplugged",
    "protocol": "is no camera that can be read",
}


def failure(kind: FailureKind, address: SourceAddress, said: str = "") -> SourceFailure:
    """A failure of this kind in its usual words; `said` takes the place of what comes after who."""
    who = _who(address)
    text = f"{who}: {said}" if said else _TEXTS[kind].format(who=who)
    return SourceFailure(kind, text)


def from_av(error: av.FFmpegError | OSError, address: SourceAddress) -> SourceFailure:
    """What FFmpeg's error means. Its own text is never shown: the address stands in it."""
    kind = kind_of(error)
    texts = _FILE if address.is_path else _DEVICE if address.kind == "device" else None
    if isinstance(error, IsADirectoryError):
        return failure("protocol", address, "is a folder, not a video file")
    if texts:
        kind = kind if kind in texts else "protocol"
        return failure(kind, address, texts[kind])
    said = "refuses the request" if isinstance(error, codes.HTTPOtherClientError) else ""
    if isinstance(error, codes.HTTPServerError):
        said = "has an error of its own"
    return failure(kind, address, said)


def kind_of(error: BaseException) -> FailureKind:
    """The kind of an error that FFmpeg or the system has raised."""
    for classes, kind in _CLASSES:
        if isinstance(error, classes):
            return kind
    return _NUMBERS.get(getattr(error, "errno", None) or 0, "protocol")


def _who(address: SourceAddress) -> str:
    if address.kind in ("file", "sdp", "device", "screen", "test", "demo"):
        return address.safe
    port = f":{address.port}" if address.port else ""
    return f"{address.host}{port}" if address.host else f"port {address.port}"
