"""Ingresses made, listed and deleted through the LiveKit server, and how they may be shown."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Literal

import aiohttp
from livekit import api

from config.settings import Settings
from config.source_address import AddressError, parse
from config.source_spec import NAME

Kind = Literal["rtmp", "whip", "url"]
IngressState = Literal["inactive", "buffering", "publishing", "error", "complete"]
FaultKind = Literal["no_service", "no_server", "refused", "not_found", "wrong", "taken"]

START = "docs/livekit-ingress.md says how to run one"

ERRORS = (api.TwirpError, aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What a call of the server's API may raise."""

_CALL = aiohttp.ClientTimeout(total=15.0)
"""A URL is only taken when the service has looked at it, which may take some seconds."""

_INPUTS: dict[Kind, api.IngressInput] = {
    "rtmp": api.IngressInput.RTMP_INPUT,
    "whip": api.IngressInput.WHIP_INPUT,
    "url": api.IngressInput.URL_INPUT,
}
_KINDS: dict[int, Kind] = {number: kind for kind, number in _INPUTS.items()}
_STATES: tuple[IngressState, ...] = ("inactive", "buffering", "publishing", "error", "complete")
_LONGEST_ERROR = 200


class IngressServiceError(Exception):
    """The service cannot do this. `str()` is one line without secrets.

    kind: no_service: none is there; no_server: not even the LiveKit server answers; refused: it is
    busy, or the API key is not accepted; not_found, taken, wrong: what was asked for.
    """

    def __init__(self, kind: FaultKind, text: str) -> None:
        super().__init__(text)
        self.kind: FaultKind = kind


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


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[api.LiveKitAPI]:
    """The server's API. What a call raises comes out as IngressServiceError."""
    secret = settings.livekit_api_secret.get_secret_value()
    if not settings.livekit_api_key or not secret:
        raise IngressServiceError("wrong", "LIVEKIT_API_KEY and LIVEKIT_API_SECRET are not set")
    lkapi = api.LiveKitAPI(settings.livekit_url, settings.livekit_api_key, secret, timeout=_CALL)
    try:
        yield lkapi
    except ERRORS as error:
        raise translated(error) from None
    finally:
        await lkapi.aclose()


async def create(settings: Settings, kind: Kind, *, room: str, name: str) -> Created:
    """Makes an ingress for pushes of this name, which is also the identity in the room.

    Raises IngressServiceError, also where there is one of that name in the room.
    """
    if not re.fullmatch(NAME, name):
        raise IngressServiceError("wrong", "name: letters, digits, dots, - and _, up to 64 of them")
    wanted = request(kind, room=room, name=name, identity=name)
    async with connected(settings) as lkapi:
        for other in await listed(lkapi, room):
            if other.identity == name:
                raise IngressServiceError(
                    "taken", f"there is an ingress {name} in room {room} already: {other.id}"
                )
        info = await lkapi.ingress.create_ingress(wanted)
    return Created(record(info), info.url, info.stream_key)


async def list_all(settings: Settings, *, room: str = "") -> list[Ingress]:
    """All ingresses, or those of one room. Raises IngressServiceError."""
    async with connected(settings) as lkapi:
        return await listed(lkapi, room)


async def delete(settings: Settings, id_or_name: str) -> Ingress:
    """Ends and forgets an ingress. Raises IngressServiceError."""
    async with connected(settings) as lkapi:
        every = await listed(lkapi, "")
        found = [one for one in every if one.id == id_or_name]
        found = found or [one for one in every if id_or_name in (one.name, one.identity)]
        if not found:
            raise IngressServiceError("not_found", f"there is no ingress {id_or_name}")
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise IngressServiceError("wrong", f"{id_or_name} may be any of {ids}: name one")
        await lkapi.ingress.delete_ingress(api.DeleteIngressRequest(ingress_id=found[0].id))
        return found[0]


async def listed(lkapi: api.LiveKitAPI, room: str) -> list[Ingress]:
    """Those of a room, "" for all, sorted. Raises what the server's API raises."""
    answer = await lkapi.ingress.list_ingress(api.ListIngressRequest(room_name=room))
    return sorted(map(record, answer.items), key=lambda one: (one.room, one.name, one.id))


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
    made.video.name, made.video.source = "camera", api.TrackSource.CAMERA
    made.audio.name, made.audio.source = "sound", api.TrackSource.MICROPHONE
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


def translated(error: BaseException) -> IngressServiceError:
    """The error of a call in words. The server's own text is not shown: an address may be in it."""
    if not isinstance(error, api.TwirpError):
        return IngressServiceError("no_server", "the LiveKit server does not answer")
    said = error.message.lower()
    if "redis" in said or "ingress not connected" in said:
        return IngressServiceError(
            "no_service", f"this LiveKit server knows no LiveKit Ingress (it has no redis): {START}"
        )
    if "capacity" in said or error.code == "resource_exhausted":
        return IngressServiceError("refused", "LiveKit Ingress is too busy for one more")
    # Nobody is there, or everybody there has said no.
    if "no response from servers" in said or error.code in ("unavailable", "deadline_exceeded"):
        return IngressServiceError("no_service", f"no LiveKit Ingress answers: {START}")
    if error.status in (401, 403):
        return IngressServiceError(
            "refused", "the LiveKit server refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET"
        )
    if error.code == "not_found":
        return IngressServiceError("not_found", "there is no such ingress")
    if error.code == "invalid_argument":
        return IngressServiceError("wrong", "LiveKit Ingress does not take this")
    return IngressServiceError("refused", f"the LiveKit server answers {error.code}")


def _pulled(url: str) -> str:
    try:
        address = parse(url)
    except AddressError as error:
        raise IngressServiceError("wrong", f"url: {error}") from None
    if address.kind not in ("http", "srt"):
        said = "only http, https, srt, rtsp and rtmp go through LiveKit Ingress"
        raise IngressServiceError("wrong", f"url: {said}; the relay takes this one")
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
    return " ".join(text.split())[:_LONGEST_ERROR]


def _codec(mime: str) -> str:
    return mime.rpartition("/")[2].lower()
