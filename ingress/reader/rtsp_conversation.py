"""What FFmpeg asks an RTSP server through the forwarder, with the server's own name and a login.

FFmpeg believes that the server is on loopback, and has no login: those of newer cameras (SHA-256,
two challenges, a nonce that is good once, a connection that ends with the refusal) are beyond it.
"""

from __future__ import annotations

from config.source_address import SourceAddress
from ingress.reader.failures import failure
from ingress.reader.login import Login
from ingress.reader.rtsp_framing import RtspParts

_LONGEST_REQUEST = 64 * 1024


class RtspConversation:
    """One connection of FFmpeg's. Pure."""

    def __init__(self, address: SourceAddress, port: int) -> None:
        """port: of loopback, at which FFmpeg finds the server."""
        self._address = address
        self._place = f"://127.0.0.1:{port}".encode()
        self._instead = f"://{netloc(address)}".encode()
        self._login = Login(address.user, address.password, netloc(address))
        self._parts = RtspParts()
        self._asked = bytearray()
        self._request = b""
        self._refused = False
        self._tries = 0
        self.refused_setup = False
        """A stream of the source was refused, and for FFmpeg that is the end of all."""

    def asks(self, data: bytes) -> bytes:
        """What goes to the server for what FFmpeg has said."""
        self._asked += data
        if len(self._asked) > _LONGEST_REQUEST:
            raise failure("internal", self._address)
        passed = b""
        while (end := self._asked.find(b"\r\n\r\n")) >= 0:
            self._request = bytes(self._asked[:end]).replace(self._place, self._instead)
            del self._asked[: end + 4]
            self._refused, self._tries = False, 0
            passed += self._with_login()
        return passed

    def says(self, data: bytes) -> tuple[bytes, bytes]:
        """For FFmpeg, and for the server, what comes of what the server has said. Raises
        SourceFailure: forbidden, protocol, auth.
        """
        passed, again = bytearray(), b""
        for part in self._parts.feed(data):
            if part.status == 401 and self._request:
                self._login.learn(part.challenges(), again=self._refused)
                self._refused = True
                again = self._with_login()
                continue
            if part.status:
                method = self._request.partition(b" ")[0]
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

    def _with_login(self) -> bytes:
        method, target = self._request.decode(errors="replace").split(" ")[:2]
        login = self._login.answer(method, target)
        return self._request + (f"\r\nAuthorization: {login}" * bool(login)).encode() + b"\r\n\r\n"


def netloc(address: SourceAddress) -> str:
    """Host and port as they stand in an address."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"
