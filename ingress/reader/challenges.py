"""What a server asks for in WWW-Authenticate, over HTTP and RTSP (RFC 7235, 7616, 2069)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PARAMETER = re.compile(
    r"\s*,*\s*(?P<name>[!#$%&\'*+.^_`|~A-Za-z0-9-]+)\s*=\s*"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"]*))'
)
_SCHEME = re.compile(r"[\s,]*(?P<scheme>[A-Za-z][A-Za-z0-9-]*)(?=\s|,|$)")
_SAFE = re.compile(r"[^A-Za-z0-9-]")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way that a server offers: its scheme in small letters, and its parameters."""

    scheme: str
    parameters: dict[str, str]

    @property
    def algorithm(self) -> str:
        """Of a digest, in capitals without `-SESS`; MD5 where nothing is said, "" for basic."""
        name = self.parameters.get("algorithm", "").upper() or "MD5"
        return name.removesuffix("-SESS") if self.scheme == "digest" else ""

    @property
    def nonce(self) -> str:
        """Of a digest; "" for none."""
        return self.parameters.get("nonce", "")

    @property
    def name(self) -> str:
        """For messages, whoever has sent it."""
        return _SAFE.sub("", f"{self.algorithm or self.scheme.title()}")[:24]

    def answerable(self, algorithms: Iterable[str]) -> bool:
        """Whether user name and password answer it, with one of these algorithms."""
        if self.scheme == "basic":
            return True
        offers = [one.strip().lower() for one in self.parameters.get("qop", "auth").split(",")]
        known = self.scheme == "digest" and self.algorithm in algorithms
        return known and bool(self.nonce) and "auth" in offers


def challenges(headers: Iterable[str]) -> list[Challenge]:
    """All that stand in the values of WWW-Authenticate; several may stand in one of them."""
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
