"""What FFmpeg asks an RTSP server through the forwarder, with the server's own name and a login.

FFmpeg believes that the server is on loopback, and has no login: those of newer cameras (SHA-256,
two challenges, a nonce that is good once, a connection that ends with the refusal) are beyond it.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode

from config.source_address import SourceAddress
from ingress.reader.challenges import Challenge, challenges
from ingress.reader.failures import failure
from ingress.reader.rtsp_framing import RtspParts

_LONGEST_REQUEST = 64 * 1024
_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
"""From the strongest."""


class RtspConversation:
    """One connection of FFmpeg's. Pure."""

    def __init__(self, address: SourceAddress, port: int) -> None:
        """port: of loopback, at which FFmpeg finds the server."""
        self._address = address
        self._place = f"://127.0.0.1:{port}".encode()
        self._instead = f"://{netloc(address)}".encode()
        self._parts = RtspParts()
        self._asked = bytearray()
        self._request = b""
        self._wanted: Challenge | None = None
        self._count = self._tries = 0
        self.refused_setup = False
        """A stream of the source was refused, and for FFmpeg that is the end of all."""

    def asks(self, data: bytes) -> bytes:
        """What goes to the server for what FFmpeg has said."""
        self._asked += data
        if len(self._asked) > _LONGEST_REQUEST:
            raise failure("internal", self._address)
        head, empty_line, rest = bytes(self._asked).partition(b"\r\n\r\n")
        if not empty_line:
            return b""
        self._asked[:] = rest
        self._request, self._tries = head.replace(self._place, self._instead), 0
        return self._with_login() + (self.asks(b"") if rest else b"")

    def says(self, data: bytes) -> tuple[bytes, bytes]:
        """For FFmpeg, and for the server, what comes of what the server has said. Raises
        SourceFailure: forbidden, protocol, auth.
        """
        passed, again = bytearray(), b""
        for part in self._parts.feed(data):
            if part.status == 401 and self._request:
                again = self._answer(part.headers)
                continue
            method = self._request.partition(b" ")[0]
            if part.status:
                self.refused_setup |= method == b"SETUP" and part.status >= 400
                self._parts.strict = self._parts.strict and method != b"PLAY"
                self._request = b""
            passed += part.data
        return bytes(passed), again

    def again(self) -> bytes:
        """What is to be asked on a new connection, since the server has closed without an answer;
        b"" where that will not help.
        """
        self._tries += 1
        helps = self._request and self._parts.strict and self._tries <= 2
        return self._with_login() if helps else b""

    def _answer(self, headers: tuple[str, ...]) -> bytes:
        """The same request with a login."""
        address = self._address
        if not address.user and not address.password:
            raise failure("auth", address, "wants a user name and a password")
        self._tries += 1
        if self._tries > 1:
            raise failure("auth", address)
        pairs = (one.partition(":") for one in headers)
        offered = challenges(
            value for name, _, value in pairs if name.strip().lower() == "www-authenticate"
        )
        ways = [[one] for one in _HASHES] + [[]]  # none: basic
        able = (one for way in ways for one in offered if one.answerable(way))
        self._wanted, self._count = next(able, None), 0
        if self._wanted is None:
            names = ", ".join(one.name for one in offered) or "nothing known"
            raise failure("auth", address, f"wants a login of a kind that is unknown here: {names}")
        return self._with_login()

    def _with_login(self) -> bytes:
        head = self._request
        if self._wanted is not None:
            self._count += 1
            method, target = head.decode(errors="replace").split(" ")[:2]
            head += f"\r\nAuthorization: {self._login(self._wanted, method, target)}".encode()
        return head + b"\r\n\r\n"

    def _login(self, wanted: Challenge, method: str, target: str) -> str:
        """RFC 7616 and 2069, with the whole address as `uri`, as RTSP has it; httpx2 has paths."""
        user, password, asked = self._address.user, self._address.password, wanted.parameters
        if wanted.scheme == "basic":
            return "Basic " + b64encode(f"{user}:{password}".encode()).decode()

        def hashed(*parts: str) -> str:
            return _HASHES[wanted.algorithm](":".join(parts).encode()).hexdigest()

        said = {"username": user, "realm": asked.get("realm", ""), "nonce": wanted.nonce}
        said |= {name: asked[name] for name in ("opaque", "algorithm") if name in asked}
        first, cnonce, count = hashed(user, said["realm"], password), secrets.token_hex(8), ""
        if asked.get("algorithm", "").upper().endswith("-SESS"):
            first, said["cnonce"] = hashed(first, wanted.nonce, cnonce), cnonce
        middle = [wanted.nonce]
        if "qop" in asked:
            count = f", qop=auth, nc={self._count:08x}"
            middle += [f"{self._count:08x}", cnonce, "auth"]
            said["cnonce"] = cnonce
        said |= {"uri": target, "response": hashed(first, *middle, hashed(method, target))}
        quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in said.values())
        pairs = (f'{name}="{value}"' for name, value in zip(said, quoted, strict=True))
        return f"Digest {', '.join(pairs)}{count}"


def netloc(address: SourceAddress) -> str:
    """Host and port as they stand in an address."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"
