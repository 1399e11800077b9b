"""One source to bring into a room, as `pressbox.yaml`, the command line and the API say it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from config.explain import allowed, shown
from config.source_address import SAID, AddressError, SourceAddress, parse

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


class SpecError(ValueError):
    """A source is described wrongly. `str()` is one line that names the field, without secrets.

    problem: `field`, `value` and `allowed`, safe to print; empty where it is no single value.
    """

    def __init__(self, allowed: str, field: str = "", value: str = "") -> None:
        super().__init__(f"{field}: {allowed}" if field else allowed)
        said = {"field": field, "value": value, "allowed": allowed}
        self.problem = said if field else {}


def _address(secret: SecretStr) -> SecretStr:
    if secret.get_secret_value():
        parse(secret.get_secret_value())
    return secret


Address = Annotated[SecretStr, AfterValidator(_address)]

_HEADERS = """up to 20 names with values, such as {"Referer": "http://camera/"}, not Host"""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_NOT_TO_BE_SAID = frozenset(
    ("host", "range", "connection", "accept-encoding", "content-length", "transfer-encoding")
)


def _headers(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in headers.items():
        text = value.get_secret_value()
        plain = text.isascii() and text.isprintable() and 0 < len(text.strip()) <= 4096
        if not plain or not _NAME.fullmatch(name) or name.lower() in _NOT_TO_BE_SAID:
            raise ValueError(_HEADERS)
    if len({name.lower() for name in headers}) < len(headers) or len(headers) > 20:
        raise ValueError(_HEADERS)
    return headers


Headers = Annotated[dict[str, SecretStr], AfterValidator(_headers)]


class SourceSpec(BaseModel):
    """What to bring in, where to, and how. Its dump holds secrets; `address.safe` does not."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(
        pattern=f"^{NAME}$", examples=["gate", "cam-1"], description="identity in the room"
    )
    url: Address = Field(description="address of the source")
    room: str = Field(default="", max_length=128, description="room; empty: the default room")
    via: Literal["relay", "livekit-ingress"] = Field(
        default="relay", description="Pressbox's own relay, or the LiveKit Ingress service"
    )
    mode: Literal["auto", "passthrough", "transcode"] = Field(
        default="auto", description="auto: as it comes where WebRTC carries that"
    )
    transport: Literal["auto", "tcp", "udp"] = Field(default="auto", description="of RTSP")
    sound: bool = Field(default=True, description="publish the source's sound too")
    live: bool = Field(
        default=False, description="everybody may subscribe to the live tracks, not agents alone"
    )
    loop: bool = Field(default=True, description="a file begins again at its end")
    start: float = Field(default=0.0, ge=0, le=86_400, description="a file begins there, seconds")
    stall_after: float = Field(
        default=3.0, ge=0.5, le=120, description="seconds without a frame that are a stall"
    )
    turn: Literal[0, 90, 180, 270] = Field(
        default=0, description="degrees clockwise that the picture is to be turned by"
    )
    mirror: bool = Field(default=False, description="and then mirrored left to right")
    headers: Headers = Field(
        default={}, description="further HTTP headers for the address' own host, kept secret"
    )
    snapshot_rate: float = Field(
        default=2.0, ge=0.05, le=30, description="pictures a second of an address that has one"
    )
    model_url: Address = Field(
        default=SecretStr(""), description="a second, small stream of the camera for the model"
    )

    @property
    def address(self) -> SourceAddress:
        """The parsed `url`."""
        return parse(self.url.get_secret_value())

    @property
    def model_address(self) -> SourceAddress | None:
        """The parsed `model_url`; None where there is none."""
        text = self.model_url.get_secret_value()
        return parse(text) if text else None

    def revealed(self) -> dict[str, Any]:
        """What was set, as JSON values, secrets in plain: for a private file or a pipe only."""
        return {
            name: _revealed(value)
            for name in sorted(self.model_fields_set)
            if (value := getattr(self, name)) is not None
        }


def _revealed(value: object) -> object:
    if isinstance(value, dict):
        return {name: _revealed(one) for name, one in value.items()}
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def source_spec(values: Mapping[str, object]) -> SourceSpec:
    """A checked spec. Raises SpecError for the first field that is wrong."""
    check_fields(values, SourceSpec.model_fields)
    try:
        return SourceSpec.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = str(first["loc"][0])
        raised, address = first.get("ctx", {}).get("error"), field in ("url", "model_url")
        schema = SourceSpec.model_json_schema()["properties"][field]
        said = str(raised) if isinstance(raised, AddressError) else SAID if address else ""
        said = _HEADERS if field == "headers" else said
        value = values.get(field, "")  # an address may stand where something else should
        secret = address or field == "headers" or "://" in str(value)
        safe = shown(value, secret=value != "" and secret)
        raise SpecError(said or allowed(schema), field, safe) from None


def check_fields(values: Iterable[str], known: Iterable[str]) -> None:
    """Raises SpecError for the first that is no field of a source."""
    for name in values:
        if name not in known:
            field = name if name.isidentifier() and len(name) <= 32 else "this"
            raise SpecError(f"no field of a source; there are {', '.join(known)}", field)


def _list(value: object) -> object:
    said = "a list of sources, each with name and url"
    try:
        read = json.loads(value or "[]") if isinstance(value, str) else value
    except json.JSONDecodeError:
        raise ValueError(said) from None
    if not isinstance(read, list | tuple):
        raise ValueError(said)
    specs = []
    for number, item in enumerate(read, 1):
        if isinstance(item, SourceSpec):
            specs.append(item)
        elif isinstance(item, Mapping):
            try:
                specs.append(source_spec(item))
            except SpecError as error:
                raise ValueError(f"source {number}: {error}") from None
        else:
            raise ValueError(said)
    names = [(one.room, one.name) for one in specs]
    if len(set(names)) < len(names):
        raise ValueError("no two sources of one room may have the same name")
    return tuple(specs)


SourceList = Annotated[tuple[SourceSpec, ...], BeforeValidator(_list)]
