"""Logins as servers ask for them in WWW-Authenticate, over HTTP and RTSP (RFC 7616, 7617, 2069)."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from ingress.reader.failures import SourceFailure

_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
"""From the strongest."""

_PARAMETER = re.compile(
    r"\s*,*\s*(?P<name>[!#$%&\'*+.^_`|~A-Za-z0-9-]+)\s*=\s*"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"]*))'
)
_SCHEME = re.compile(r"[\s,]*(?P<scheme>[A-Za-z][A-Za-z0-9-]*)(?=\s|,|$)")
_UNSAFE = re.compile(r"[^A-Za-z0-9-]")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way that a server offers: its scheme in small letters, and its parameters."""

    scheme: str
    parameters: dict[str, str]

    @property
    def algorithm(self) -> str:
        """Of a digest, in capitals without `-SESS`; the scheme of all else."""
        name = self.parameters.get("algorithm", "").upper() or "MD5"
        return name.removesuffix("-SESS") if self.scheme == "digest" else self.scheme.title()

    def answered_by(self, way: str) -> bool:
        """Whether this way, one of _HASHES or Basic, answers it."""
        if self.algorithm != way or self.scheme == "basic":
            return self.algorithm == way
        offers = [one.strip().lower() for one in self.parameters.get("qop", "auth").split(",")]
        return bool(self.parameters.get("nonce")) and "auth" in offers


class Login:
    """User name and password for one host. Remembers what it wants from one request to the next.

    who: the host, for messages.
    """

    def __init__(self, user: str, password: str, who: str) -> None:
        self._user, self._password, self._who = user, password, who
        self._wanted: Challenge | None = None
        self._count = 0

    def learn(self, headers: Iterable[str], *, again: bool) -> None:
        """Takes what a 401 asks for. again: for a request that was answered so already; a nonce
        that had grown old is no refusal, whatever `stale` says.

        headers: values of WWW-Authenticate. Raises SourceFailure: auth, also where nothing of what
        is offered is known here.
        """
        if not self._user and not self._password:
            raise SourceFailure("auth", f"{self._who} wants a user name and a password")
        if again:
            raise SourceFailure("auth", f"{self._who} refuses the user name and password")
        offered = challenges(headers)
        able = (one for way in (*_HASHES, "Basic") for one in offered if one.answered_by(way))
        self._wanted, self._count = next(able, None), 0
        if self._wanted is None:
            names = dict.fromkeys(_UNSAFE.sub("", one.algorithm)[:24] for one in offered)
            said = ", ".join(names) or "nothing that is known"
            raise SourceFailure(
                "auth",
                f"{self._who} wants a login of a kind that is unknown here: {said}; "
                "set it to digest or basic",
            )

    def answer(self, method: str, target: str) -> str:
        """The value of Authorization for a request, "" for none. target: as the request has it."""
        if self._wanted is None:
            return ""
        if self._wanted.scheme == "basic":
            return "Basic " + b64encode(f"{self._user}:{self._password}".encode()).decode()
        return f"Digest {self._digest(self._wanted, method, target)}"

    def _digest(self, wanted: Challenge, method: str, target: str) -> str:
        def hashed(*parts: str) -> str:
            return _HASHES[wanted.algorithm](":".join(parts).encode()).hexdigest()

        asked, nonce = wanted.parameters, wanted.parameters["nonce"]
        said = {"username": self._user, "realm": asked.get("realm", ""), "nonce": nonce}
        said |= {name: asked[name] for name in ("opaque", "algorithm") if name in asked}
        first, cnonce = hashed(self._user, said["realm"], self._password), secrets.token_hex(8)
        if asked.get("algorithm", "").upper().endswith("-SESS"):
            first, said["cnonce"] = hashed(first, nonce, cnonce), cnonce
        middle, unquoted = [nonce], ""
        if "qop" in asked:
            self._count += 1
            said["cnonce"], unquoted = cnonce, f", qop=auth, nc={self._count:08x}"
            middle += [f"{self._count:08x}", cnonce, "auth"]
        said |= {"uri": target, "response": hashed(first, *middle, hashed(method, target))}
        quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in said.values())
        pairs = (f'{name}="{value}"' for name, value in zip(said, quoted, strict=True))
        return ", ".join(pairs) + unquoted


def challenges(headers: Iterable[str]) -> list[Challenge]:
    """All that stand in these values; several may stand in one of them."""
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
