"""Answers to what a server asks for: HTTP Basic and Digest (RFC 7617, 7616, 2069)."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_PARAMETER = re.compile(
    r"\s*,*\s*(?P<name>[!#$%&\'*+.^_`|~A-Za-z0-9-]+)\s*=\s*"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"]*))'
)
_SCHEME = re.compile(r"[\s,]*(?P<scheme>[A-Za-z][A-Za-z0-9-]*)(?=\s|,|$)")

_HASHES: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
_STRENGTH = ("SHA-512-256", "SHA-256", "MD5")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way that a server offers: its scheme in small letters, and its parameters."""

    scheme: str
    parameters: dict[str, str]

    @property
    def algorithm(self) -> str:
        """Of a digest, without `-sess`; MD5 where nothing is said."""
        name = self.parameters.get("algorithm", "").upper() or "MD5"
        return name.removesuffix("-SESS")


def challenges(headers: Iterable[str]) -> list[Challenge]:
    """All that stand in the WWW-Authenticate headers; several may stand in one of them."""
    found = []
    for header in headers:
        place = 0
        while scheme := _SCHEME.match(header, place):
            place = scheme.end()
            parameters: dict[str, str] = {}
            while pair := _PARAMETER.match(header, place):
                quoted = pair["quoted"]
                value = pair["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                parameters.setdefault(pair["name"].lower(), value)
                place = pair.end()
            found.append(Challenge(scheme["scheme"].lower(), parameters))
    return found


@dataclass(slots=True)
class Login:
    """User name and password for one host. Remembers what the server wants between requests."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    _chosen: Challenge | None = field(default=None, repr=False)
    _count: int = field(default=0, repr=False)

    def accept(self, headers: Iterable[str]) -> bool:
        """Whether one of these challenges can be answered and was not answered just now."""
        offered = challenges(headers)
        digests = [
            one
            for one in offered
            if one.scheme == "digest" and one.algorithm in _STRENGTH and _answerable(one)
        ]
        digests.sort(key=lambda one: _STRENGTH.index(one.algorithm))
        chosen = next(iter(digests), None) or next(
            (one for one in offered if one.scheme == "basic"), None
        )
        if chosen is None:
            return False
        tried = self._chosen is not None and self._chosen.scheme == chosen.scheme
        # A digest that was refused may be tried again only where its nonce has grown old.
        old = chosen.parameters.get("stale", "").lower() == "true"
        self._chosen, self._count = chosen, 0
        return not tried or old

    def header(self, method: str, target: str) -> str | None:
        """The Authorization header for a request; None before the server has asked."""
        if self._chosen is None:
            return None
        if self._chosen.scheme == "basic":
            return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
        self._count += 1
        return self._digest(self._chosen, method, target, secrets.token_hex(8))

    def _digest(self, chosen: Challenge, method: str, target: str, cnonce: str) -> str:
        asked = chosen.parameters
        digest = _HASHES[chosen.algorithm]

        def hashed(*parts: str) -> str:
            return digest(":".join(parts).encode())

        realm, nonce = asked.get("realm", ""), asked["nonce"]
        count = f"{self._count:08x}"
        first = hashed(self.user, realm, self.password)
        if asked.get("algorithm", "").upper().endswith("-SESS"):
            first = hashed(first, nonce, cnonce)
        second = hashed(method, target)
        said = [("username", self.user), ("realm", realm), ("nonce", nonce), ("uri", target)]
        if "qop" in asked:
            response = hashed(first, nonce, count, cnonce, "auth", second)
        else:
            response = hashed(first, nonce, second)
        said.append(("response", response))
        if "opaque" in asked:
            said.append(("opaque", asked["opaque"]))
        text = ", ".join(f'{name}="{_escaped(value)}"' for name, value in said)
        if "algorithm" in asked:
            text += f", algorithm={asked['algorithm']}"
        if "qop" in asked:
            text += f', qop=auth, nc={count}, cnonce="{cnonce}"'
        elif asked.get("algorithm", "").upper().endswith("-SESS"):
            text += f', cnonce="{cnonce}"'
        return f"Digest {text}"


def _answerable(challenge: Challenge) -> bool:
    qop = challenge.parameters.get("qop")
    offers = [one.strip().lower() for one in (qop or "auth").split(",")]
    return "nonce" in challenge.parameters and "auth" in offers


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
