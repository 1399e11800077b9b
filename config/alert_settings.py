"""Settings of alerts: where they go beside the room."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationInfo, field_validator

SECRET_PREFIX = "whsec_"  # noqa: S105 - Standard Webhooks' name for one
_SAID = "whsec_ and the base64 of 24 to 64 random bytes, as `openssl rand -base64 32` makes them"


def _signing(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text:
        return secret
    try:
        count = len(signing_key(text))
    except ValueError:
        count = 0
    if not 24 <= count <= 64:
        raise ValueError(_SAID)
    return secret


def signing_key(secret: str) -> bytes:
    """The bytes of a secret as Standard Webhooks writes it. Raises ValueError."""
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError(_SAID)
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(_SAID) from None


def _address(address: SecretStr) -> SecretStr:
    """As it is, its last slash too: another path is another receiver."""
    text = address.get_secret_value()
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if text and not (good and text.isprintable() and " " not in text):
        raise ValueError("an address such as https://host/path")
    return address


class AlertSettings(BaseModel):
    """Part of `Settings`."""

    webhook_secret: Annotated[SecretStr, AfterValidator(_signing)] = Field(
        default=SecretStr(""), description="that webhooks are signed with: whsec_BASE64"
    )
    webhook_url: Annotated[SecretStr, AfterValidator(_address)] = Field(
        default=SecretStr(""), description="address that alerts are posted to; empty: none"
    )

    @field_validator("webhook_url")
    @classmethod
    def _is_signed(cls, address: SecretStr, info: ValidationInfo) -> SecretStr:
        secret = info.data.get("webhook_secret")
        if address.get_secret_value() and secret is not None and not secret.get_secret_value():
            raise ValueError(f"only with WEBHOOK_SECRET beside it: {_SAID}")
        return address
