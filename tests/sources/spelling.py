"""Every way in which a secret may be written down."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus


def spellings(secret: str) -> set[str]:
    """The secret plain, escaped once and twice, reversed escapes in small letters, as JSON, in hex,
    and in base64 at each of the three places that a byte can have there.
    """
    plain = {secret, secret.encode().hex(), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    for safe in ("", "/", ":@/"):
        once = quote(secret, safe=safe)
        plain |= {once, once.lower(), quote(once, safe=""), quote_plus(secret, safe=safe)}
    return plain | {_inner(secret, before) for before in range(3)}


def found_in(text: str, secrets: Iterable[str]) -> list[str]:
    """What stands around each secret that is in the text, for a failed test."""
    lines = []
    for secret in secrets:
        for one in spellings(secret):
            at = text.find(one)
            if at >= 0:
                lines.append(f"{secret!r} as {one!r} in …{text[max(0, at - 80) : at + 80]}…")
    return lines


def _inner(secret: str, before: int) -> str:
    """The characters of base64 that depend on the secret only, with so many bytes before it."""
    data = base64.b64encode(b"x" * before + secret.encode()).decode()
    whole = (before + len(secret.encode())) // 3 * 4
    return data[4 * bool(before) : whole]
