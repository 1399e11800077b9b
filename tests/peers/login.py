"""Asks for a login as cameras do, over HTTP and RTSP: nonces are never called stale."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import dataclass, field

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(slots=True)
class Login:
    """offers: `basic`, `MD5`, `SHA-256`, perhaps with `-sess`, or what nobody answers. together:
    all of them in one header; rotating: a nonce is good once. right, asked: requests that were let
    in, and sent back.
    """

    user: str
    password: str
    offers: tuple[str, ...] = ("MD5",)
    qop: str = "auth"
    together: bool = False
    rotating: bool = True
    realm: str = 'a "web" camera, no. 7'
    right: int = 0
    asked: int = 0
    _good: set[str] = field(default_factory=set)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def passes(self, target: str, authorization: str, method: str = "GET") -> bool:
        """Whether this request may pass."""
        may = self._may(method, target, authorization)
        self.right, self.asked = self.right + may, self.asked + (not may)
        return may

    def headers(self) -> list[str]:
        """Lines for a 401."""
        values = [self._challenge(one) for one in self.offers]
        values = [", ".join(values)] if self.together else values
        return [f"WWW-Authenticate: {one}" for one in values]

    def _challenge(self, offer: str) -> str:
        realm = self.realm.replace('"', '\\"')
        if not offer.startswith(("MD5", "SHA")):
            return f'{offer} realm="{realm}"'
        nonce = f"{next(self._numbers):x},=="
        self._good.add(nonce)
        qop = f', qop="{self.qop}"' if self.qop else ""
        return f'Digest realm="{realm}", nonce="{nonce}", algorithm={offer}, stale="FALSE"{qop}'

    def _may(self, method: str, target: str, authorization: str) -> bool:
        scheme, _, rest = authorization.partition(" ")
        if scheme == "Basic" and "basic" in self.offers:
            return base64.b64decode(rest).decode() == f"{self.user}:{self.password}"
        pairs = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))', rest)
        said = {name: quoted or plain for name, quoted, plain in pairs}
        offer = said.get("algorithm", "MD5")
        wrong = scheme != "Digest" or offer not in self.offers or said.get("uri") != target
        if wrong or said.get("nonce") not in self._good:
            return False
        if self.rotating:
            self._good.discard(said["nonce"])

        def hashed(*parts: str) -> str:
            return _HASHES[offer.removesuffix("-sess")](":".join(parts).encode()).hexdigest()

        first = hashed(self.user, self.realm, self.password)
        if offer.endswith("-sess"):
            first = hashed(first, said["nonce"], said["cnonce"])
        middle = [said["nc"], said["cnonce"], "auth"] if self.qop else []
        right = hashed(first, said["nonce"], *middle, hashed(method, target))
        once = said.get("nc", "00000001") == "00000001" or not self.rotating
        return once and bool(said["response"] == right)
