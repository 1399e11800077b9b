"""Ingresses as they may be shown, and the requests that make them. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

from livekit import api
from livekit.protocol.models import TrackType

from config.source_address import AddressError, parse
from ingress.livekit_ingress.errors import IngressServiceError

Kind = Literal["rtmp", "whip", "url"]
IngressState = Literal["inactive", "buffering", "publishing", "error", "complete"]

OURS = "pressbox-source:"
"""How the name of an ingress begins that the service of sources made, and unmakes."""

CAMERA, SOUND = "camera", "sound"

_INPUTS = {
    "rtmp": api.IngressInput.RTMP_INPUT,
    "whip": api.IngressInput.WHIP_INPUT,
    "url": api.IngressInput.URL_INPUT,
}
_KINDS: dict[int, Kind] = {
    api.IngressInput.RTMP_INPUT: "rtmp",
    api.IngressInput.WHIP_INPUT: "whip",
    api.IngressInput.URL_INPUT: "url",
}
_STATES: tuple[IngressState, ...] = ("inactive", "buffering", "publishing", "error", "complete")
_LONGEST_ERROR = 200


@dataclass(frozen=True, slots=True)
class Ingress:
    """One ingress of the service; nothing here is secret. Sizes in pixels."""

    id: str
    name: str
    kind: Kind
    room: str
    identity: str
    state: IngressState = "inactive"
    error: str = ""
    codec: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    sound: str = ""

    def json(self) -> dict[str, object]:
        """All fields as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Created:
    """The answer to `create`, the only place that shows the key; address: where to push to."""

    ingress: Ingress
    address: str = ""
    key: str = field(default="", repr=False)

    def json(self) -> dict[str, object]:
        """All fields as JSON values, the key in plain."""
        return {**self.ingress.json(), "address": self.address, "key": self.key}


def request(
    kind: Kind, *, room: str, name: str, identity: str, url: str = ""
) -> api.CreateIngressRequest:
    """A request that suits commentary: one layer of H.264 at 720p, so that nothing waits for a
    second encoder, and Opus; WHIP goes through as it comes, in one layer too.

    Raises IngressServiceError for an address that the service cannot pull.
    """
    made = api.CreateIngressRequest(
        input_type=_INPUTS[kind], name=name, room_name=room, participant_identity=identity
    )
    made.participant_name = identity
    if kind == "url":
        made.url = _pulled(url)
    made.video.name = CAMERA
    made.video.source = api.TrackSource.CAMERA
    made.audio.name = SOUND
    made.audio.source = api.TrackSource.MICROPHONE
    if kind == "whip":
        made.enable_transcoding = False
        return made
    made.video.preset = api.IngressVideoEncodingPreset.H264_720P_30FPS_1_LAYER
    made.audio.preset = api.IngressAudioEncodingPreset.OPUS_STEREO_96KBPS
    return made


def record(info: api.IngressInfo) -> Ingress:
    """What may be shown of an ingress."""
    state = info.state
    return Ingress(
        id=info.ingress_id,
        name=info.name,
        kind=_KINDS.get(info.input_type, "url"),
        room=info.room_name,
        identity=info.participant_identity,
        state=_STATES[state.status] if state.status < len(_STATES) else "error",
        error=_error(info),
        codec=_codec(state.video.mime_type),
        width=state.video.width,
        height=state.video.height,
        fps=round(state.video.framerate, 1),
        sound=_codec(state.audio.mime_type),
    )


def has_picture(participant: api.ParticipantInfo) -> bool:
    """Whether this participant has a picture in the room."""
    return any(track.type == TrackType.VIDEO and not track.muted for track in participant.tracks)


def _pulled(url: str) -> str:
    try:
        address = parse(url)
    except AddressError as error:
        raise IngressServiceError("wrong", f"url: {error}") from None
    if address.kind not in ("http", "srt"):
        raise IngressServiceError(
            "wrong",
            "url: only http, https, srt, rtsp and rtmp go through LiveKit Ingress; "
            "the relay takes this one",
        )
    return address.url


def _error(info: api.IngressInfo) -> str:
    text = info.state.error
    if info.stream_key:
        text = text.replace(info.stream_key, "***")
    if info.url:
        try:
            text = parse(info.url).redact(text)
        except AddressError:
            text = text.replace(info.url, "***")
    line = " ".join(text.split())
    return line[:_LONGEST_ERROR]


def _codec(mime: str) -> str:
    return mime.rpartition("/")[2].lower()
