"""Types of settings that are more than a number or a word."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

Port = Annotated[int, Field(ge=1, le=65535)]
Language = Annotated[
    str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["en", "pt-BR"])
]
"""A BCP 47 tag."""
Listen = Literal["off", "push", "voice"]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


def url(*schemes: str, optional: bool = False, several: bool = False) -> BeforeValidator:
    """An address with one of these schemes; optional: or nothing; several: commas between."""
    said = f"an address such as {schemes[0]}://host:port"
    said += ", or several with commas between" if several else ""

    def check(value: object) -> object:
        if value == "" and optional:
            return value
        if not isinstance(value, str):
            raise ValueError(said)
        parts = value.split(",") if several else [value]
        return ",".join(_address(part.strip(), schemes, said) for part in parts)

    return BeforeValidator(check)


def _address(value: str, schemes: tuple[str, ...], said: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(said)
    return value.rstrip("/")


_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def _networks(value: object) -> object:
    said = "networks and hosts such as 192.168.1.0/24, fd00::/8, camera.lan, with commas between"
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError(said)
    named = tuple(part.strip() for part in parts if part.strip())
    for name in named:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            if "/" in name or not _HOST_NAME.fullmatch(name):
                raise ValueError(said) from None
    return named


NetworkList = Annotated[tuple[str, ...], BeforeValidator(_networks)]


def _json_object(value: object) -> object:
    said = 'a JSON object such as {"voice": "anna"}'
    try:
        read = json.loads(value or "{}") if isinstance(value, str) else value
    except json.JSONDecodeError:
        raise ValueError(said) from None
    if not isinstance(read, dict):
        raise ValueError(said)
    return read


JsonObject = Annotated[dict[str, Any], BeforeValidator(_json_object)]


def _file(said: str, *words: str) -> AfterValidator:
    """The path of a file that is there, or one of these words."""

    def check(value: str) -> str:
        path = Path(value).expanduser().absolute()
        if value not in words and not path.is_file():
            raise ValueError(said)
        return value if value in words else str(path)

    return AfterValidator(check)


DetectorChoice = Annotated[str, _file("auto, off or an ONNX file that is there", "auto", "off")]
PemFile = Annotated[str, _file("a PEM file that is there", "")]
