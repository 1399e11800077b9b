"""Settings of who may reach the page and what it serves, and from where."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr

from config.fields import NetworkList, PemFile, Port

_LEAST_TOKEN = 16


def _long_enough(value: SecretStr) -> SecretStr:
    if 0 < len(value.get_secret_value()) < _LEAST_TOKEN:
        raise ValueError(f"at least {_LEAST_TOKEN} characters, such as `openssl rand -hex 32` says")
    return value


def _list_of(pattern: str, said: str) -> BeforeValidator:
    """Texts in lower case that match, as a list or with commas between."""

    def check(value: object) -> object:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
            raise ValueError(said)
        found = tuple(part.strip().lower().rstrip("/") for part in parts if part.strip())
        if not all(re.fullmatch(pattern, part) for part in found):
            raise ValueError(said)
        return found

    return BeforeValidator(check)


_Names = Annotated[
    tuple[str, ...],
    _list_of(
        r"[a-z0-9_.:-]{1,253}",
        "host names or addresses such as box.example, 192.168.1.5, with commas between",
    ),
]
_Origins = Annotated[
    tuple[str, ...],
    _list_of(
        r"https?://[][a-z0-9_.:-]{1,253}",
        "origins such as https://app.example, http://localhost:3000, with commas between",
    ),
]


def _are_networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ip_network(value, strict=False)
        except ValueError:
            raise ValueError("networks such as 172.18.0.0/16, with commas between") from None
    return values


class AccessSettings(BaseModel):
    """Part of `Settings`."""

    admin_token: Annotated[SecretStr, AfterValidator(_long_enough)] = Field(
        default=SecretStr(""),
        description="the operator's token; empty: STATE_DIR/admin.token is made and used",
    )
    web_near: bool = Field(
        default=False,
        description="only this machine's own programs reach WEB_PORT, as that of a container which "
        "is published on loopback; without it: where WEB_HOST is loopback",
    )
    lan: bool = Field(
        default=False, description="serve page and LiveKit to phones and others, by https"
    )
    tls_port: Port = Field(default=8443, description="port of the page by https, where LAN is on")
    tls_cert: PemFile = Field(
        default="", description="certificate of the page (PEM); empty: one is made and kept"
    )
    tls_key: PemFile = Field(default="", description="its key (PEM); empty: in the same file")
    web_names: _Names = Field(
        default=(), description="host names of the page besides WEB_HOST, as browsers know them"
    )
    web_origins: _Origins = Field(
        default=(), description="origins of other pages that may use the API: https://app.example"
    )
    web_proxies: Annotated[NetworkList, AfterValidator(_are_networks)] = Field(
        default=("127.0.0.0/8", "::1/128"),
        description="TLS proxies in front of the page, whose X-Forwarded-* headers count",
    )
