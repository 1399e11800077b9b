"""What may be asked for: everything in a query or a body is checked here, and nowhere else."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from config.check import checked
from config.origins import Found
from web.pictures import LARGEST, SMALLEST

LARGEST_CALL = 14_000
"""Bytes of a body that goes to a booth: LiveKit's RPC takes 15 KiB."""

_Asked = TypeVar("_Asked", bound=BaseModel)

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Kinds = r"^(line|words|status|alert)(,(line|words|status|alert))*$"
Side = Annotated[int, Field(ge=SMALLEST, le=LARGEST)]


class Nothing(BaseModel):
    """No parameters; unknown ones are passed over, since people add them against caches."""

    model_config = ConfigDict(frozen=True)


class InRoom(Nothing):
    room: str = Field(
        default="",
        max_length=128,
        pattern=_PLAIN,
        examples=["lobby"],
        description="the room; empty: the default one",
    )


class Picture(InRoom):
    width: Side = Field(default=LARGEST, description="pixels at most; the shape is kept")
    height: Side = Field(default=LARGEST, description="pixels at most; the shape is kept")
    quality: int = Field(default=80, ge=1, le=100, description="of the JPEG")


class Frame(Picture):
    delayed: bool = Field(default=False, description="what is on display, not what is live")


class Moving(Picture):
    fps: float = Field(default=60, ge=0.1, le=60, description="pictures a second at most")


class Following(InRoom):
    kinds: str = Field(
        default="line,words,status,alert",
        pattern=Kinds,
        examples=["line,alert"],
        description="which events",
    )
    last_event_id: str = Field(
        default="",
        max_length=64,
        description="go on after this one, as the header Last-Event-ID does",
    )


class Said(InRoom):
    last: int = Field(default=200, ge=1, le=200, description="lines at most, the newest ones")
    before: str = Field(default="", max_length=64, description="only those before this one's id")


class Asking(InRoom):
    wait: bool = Field(default=False, description="answer with the reply, at most 100 s later")


class Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: str = Field(min_length=1, max_length=1000, description="a question or an order")
    name: str = Field(
        default="",
        max_length=64,
        pattern=_PLAIN,
        examples=["Ann"],
        description="of who asks, for the commentator",
    )


class Note(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: str = Field(max_length=1000, description="what the picture does not show; empty: nothing")
    seconds: float = Field(default=60, ge=1, le=3600, description="for how long it holds")


def query(request: web.Request, model: type[_Asked]) -> _Asked:
    """The query of a request. Raises SettingsError."""
    known = model.model_fields.keys() & request.query.keys()
    return checked(model, {name: Found(request.query[name], name, "") for name in known})


async def json_object(request: web.Request, most: int = LARGEST_CALL) -> dict[str, Any]:
    """The body of a request, none being an empty one. Raises HTTPException."""
    text = (await request.read()).strip() or b"{}"
    if len(text) > most:
        raise web.HTTPRequestEntityTooLarge(most, len(text), text=f"at most {most} bytes")
    try:
        found = json.loads(text)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="the body is not JSON") from None
    if not isinstance(found, dict):
        raise web.HTTPUnprocessableEntity(text="the body must be a JSON object")
    return found


async def body(request: web.Request, model: type[_Asked]) -> _Asked:
    """The body of a request. Raises SettingsError, HTTPException."""
    found = await json_object(request)
    missing = [
        name for name, one in model.model_fields.items() if one.is_required() and name not in found
    ]
    values = {**found, **dict.fromkeys(missing)}
    return checked(model, {name: Found(value, name, "") for name, value in values.items()})
