"""A camera by RTSP over TCP with the manners of real ones, of which mediamtx has none.

Without any manner it is a good camera. What it shows is `tests.peers.camera.picture`: the clock is
burnt in. Sound is PCMU with a beep at each whole second.
"""

from __future__ import annotations

import base64
import itertools
import re
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av

from tests.peers.camera import beeps, picture
from tests.peers.camera_encoders import Look, new_video
from tests.peers.login import Login
from tests.support.tcp_server import TcpServer

HARD = "p@ss:w/rd"
RATE, VIDEO_CLOCK = 8000, 90_000


@dataclass(frozen=True, slots=True)
class Manners:
    """What is odd about a camera.

    sprop: SPS and PPS stand in its SDP, of lying_size (pixels) where that is said; sets: they come
    in the stream before each IDR, or before the first one only, or never. zero_times: every RTP
    time is 0. garbage: these bytes follow every 10th packet. offers: challenges, in their order
    (`MD5`, `SHA-256`, `basic`), in one header or in one each; rotating: a nonce is good once, and
    never called stale; hangs_up: the connection is closed after a 401. absolute: its controls are
    whole addresses on this host. own_host: only requests for this host (and port) are answered.
    refuse: status for the SETUP of the sound. moved: where a DESCRIBE is redirected to.
    unpaced: pictures come as fast as they are read, this many in all.
    """

    look: Look = field(default_factory=Look)
    sound: bool = False
    sprop: bool = True
    lying_size: tuple[int, int] | None = None
    sets: str = "each"
    zero_times: bool = False
    garbage: bytes = b""
    offers: tuple[str, ...] = ()
    one_header: bool = False
    rotating: bool = False
    hangs_up: bool = False
    absolute: str = ""
    own_host: str = ""
    refuse: int = 0
    moved: str = ""
    unpaced: int = 0


class NastyCamera(TcpServer):
    """One camera; `manners` and `login` may be changed while it runs. asked: every request with its
    headers; tls: it speaks rtsps.
    """

    def __init__(
        self,
        manners: Manners | None = None,
        user: str = "cam",
        password: str = HARD,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.manners, self.login = manners or Manners(), Login(user, password, qop="")
        self.asked: list[str] = []
        super().__init__(self._converse, tls)

    def url(self, password: str = "") -> str:
        """Its address; with a login where it asks for one."""
        login = f"{self.login.user}:{password or self.login.password}@" * bool(self.manners.offers)
        scheme = "rtsps" if self._tls else "rtsp"
        return f"{scheme}://{login}127.0.0.1:{self.port}/cam?token=sekrit"

    def methods(self) -> list[str]:
        """What was asked for, without addresses."""
        return [one.partition(" ")[0] for one in self.asked]

    def _converse(self, taken: socket.socket) -> None:
        held, playing = b"", None
        with suppress(StopIteration):
            while True:
                while b"\r\n\r\n" in held:
                    head, _, held = held.partition(b"\r\n\r\n")
                    self.asked.append(text := head.decode())
                    reply = self._reply(text)
                    taken.sendall(reply)
                    if b" 401 " in reply and self.manners.hangs_up:
                        return
                    if text.startswith("PLAY") and b" 200 " in reply:
                        playing = self._playing()
                if playing is None or select.select([taken], [], [], 0)[0]:
                    if not (data := taken.recv(4096)):
                        return
                    held += data
                elif playing is not None:
                    taken.sendall(next(playing))

    def _reply(self, text: str) -> bytes:
        manners, (method, address) = self.manners, text.split()[:2]
        status, lines, body = "200 OK", [f"CSeq: {_header(text, 'CSeq') or 0}"], ""
        if manners.own_host and not address.startswith(f"rtsp://{manners.own_host}/"):
            status = "404 Not Found"
        elif manners.offers and method != "OPTIONS" and not self._passes(text):
            status = "401 Unauthorized"
            lines += self.login.headers()
        elif method == "DESCRIBE" and manners.moved:
            status = "302 Moved"
            lines.append(f"Location: {manners.moved}")
        elif method == "DESCRIBE":
            body = self._description()
            lines += [f"Content-Base: rtsp://{manners.own_host or f'127.0.0.1:{self.port}'}/cam/"]
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP" and manners.refuse and "sound" in address:
            status = f"{manners.refuse} No"
        elif method == "SETUP" and (wanted := re.search(r"interleaved=\d+-\d+", text)):
            lines += ["Session: 1;timeout=60", f"Transport: RTP/AVP/TCP;unicast;{wanted[0]}"]
        elif method == "SETUP":
            status = "461 Unsupported Transport"
        return "\r\n".join([f"RTSP/1.0 {status}", *lines, "", body]).encode()

    def _passes(self, text: str) -> bool:
        login, manners = self.login, self.manners
        login.offers, login.together = manners.offers, manners.one_header
        login.rotating = manners.rotating
        method, target = text.split()[:2]
        return login.passes(target, _header(text, "Authorization"), method)

    def _description(self) -> str:
        manners = self.manners
        base = f"rtsp://{manners.absolute}/cam/" if manners.absolute else ""
        look = manners.look
        width, height = manners.lying_size or (look.width, look.height)
        units = _units(Look("h264", width, height), 0, 0.0)
        sets = ",".join(base64.b64encode(one).decode() for one in units if one[0] & 31 in (7, 8))
        said = f";sprop-parameter-sets={sets}" if manners.sprop else ""
        lines = ["v=0", "o=- 0 0 IN IP4 10.0.0.1", "s=x", "c=IN IP4 0.0.0.0", "t=0 0"]
        lines += ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"]
        lines += [f"a=fmtp:96 packetization-mode=1{said}", f"a=control:{base}picture"]
        if manners.sound:
            lines += ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", f"a=control:{base}sound"]
        return "\r\n".join([*lines, ""])

    def _playing(self) -> Iterator[bytes]:
        """What is sent, with waits in between."""
        manners, encoder, sent = self.manners, new_video(self.manners.look), itertools.count()
        begun, heard, keys = time.monotonic(), 0, 0
        for number in range(manners.unpaced or 10**9):
            at = number / manners.look.fps
            if not manners.unpaced:
                time.sleep(max(0.0, begun + at - time.monotonic()))
            units = _units(manners.look, number, begun + at, encoder)
            key = any(one[0] & 31 == 5 for one in units)
            if manners.sets == "never" or (manners.sets == "first" and keys):
                units = [one for one in units if one[0] & 31 not in (7, 8)]
            keys += key
            ticks = 0 if manners.zero_times else round(at * VIDEO_CLOCK) + 3600
            packets = [_packet(0, 96, next(sent), ticks, one, one is units[-1]) for one in units]
            if manners.sound and (until := round(at * RATE)) > heard:
                data = _mulaw(beeps(begun, heard, until, RATE))
                ticks = 0 if manners.zero_times else heard
                packets.append(_packet(2, 0, number, ticks, data, False))
                heard = until
            more = manners.garbage if number % 10 == 9 else b""
            yield b"".join(packets) + more


def _units(look: Look, number: int, moment: float, encoder: Any = None) -> list[bytes]:
    """The NAL units of one picture, without SEI."""
    frame = picture((look.width, look.height), number, moment)
    frame.pts, frame.time_base = round(number / look.fps * 30_000), Fraction(1, 30_000)
    data = b"".join(bytes(one) for one in (encoder or new_video(look)).encode(frame))
    return [one for one in re.split(b"\0\0\0?\x01", data) if one and one[0] & 31 != 6]


def _packet(channel: int, kind: int, number: int, ticks: int, data: bytes, last: bool) -> bytes:
    head = bytes([0x80, kind | last << 7]) + (number & 0xFFFF).to_bytes(2, "big")
    packet = head + (ticks & 0xFFFFFFFF).to_bytes(4, "big") + b"abc" + bytes([channel]) + data
    return bytes([0x24, channel]) + len(packet).to_bytes(2, "big") + packet


def _mulaw(frame: av.AudioFrame) -> bytes:
    context: Any = av.CodecContext.create("pcm_mulaw", "w")
    context.sample_rate, context.layout, context.format = RATE, "mono", "s16"
    return b"".join(bytes(one) for one in context.encode(frame))


def _header(text: str, name: str) -> str:
    found = re.search(rf"(?im)^{name}: *(.*?)\r?$", text)
    return found[1] if found else ""
