"""Opens a source of any kind with the options that keep it quick and low in delay."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from functools import partial
from typing import Any

import av

from config.source_address import SourceAddress
from ingress.reader.container import ContainerSource, Film
from ingress.reader.egress_policy import EgressPolicy, resolve
from ingress.reader.failures import SourceFailure, failure, from_av
from ingress.reader.forwarder import Forwarder
from ingress.reader.messages import Request
from ingress.reader.source import Source
from ingress.reader.srt import SrtFile, srt_mode
from ingress.reader.udp import BUFFER, UdpFile, Waits, described, first_packet, listening

PROBE = {"probesize": "1000000", "analyzeduration": "1500000", "fpsprobesize": "0"}
"""Bytes and microseconds that FFmpeg may look at before it says what is in a stream. What it looked
at is kept: `nobuffer` would throw the first keyframe away, and with it up to a GOP of time."""

AT_ONCE = {"probesize": "32", "analyzeduration": "100000", "fpsprobesize": "0"}
"""One packet and no more."""

_BY_UDP = {"buffer_size": str(BUFFER), "max_delay": "200000"}
"""Microseconds that a packet which came too early over UDP waits for those before it."""

_DEVICE_OPTIONS: tuple[dict[str, str], ...] = (
    {"input_format": "h264", "video_size": "1280x720"},
    {"input_format": "mjpeg", "video_size": "1280x720", "framerate": "30"},
    {"input_format": "mjpeg"},
    {},
)
"""Compressed first: raw 720p at 30 a second is more than USB 2 carries."""

_FILM_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,mpegts,mpeg,avi,flv,asf,ogg,h264,hevc,m4v,mpegvideo,mjpeg,"
    "ivf,nut,mxf,dv,obu,av1,vc1,wtv,rm,nsv,gif,apng,yuv4mpegpipe",
}
"""Formats of one file: playlists (hls, dash, concat) would lead to others."""


def open_address(request: Request, address: SourceAddress, waits: Waits) -> Source:
    """Opens it; blocks for as long as it takes. Raises SourceFailure. waits: told each second why
    nothing comes from a source that has answered, or is listened for.
    """
    policy = EgressPolicy(request.networks) if request.guarded else None
    if address.kind == "http":
        from ingress.reader.http.source import open_http_source  # it loads an HTTP client, 20 MB

        return open_http_source(request, address, policy, waits)
    if address.kind in ("test", "demo"):
        from ingress.reader.drawn import open_drawn  # it loads NumPy

        return open_drawn(address)
    found: Source = getattr(_Opener(request, address, policy, waits), address.kind)()
    return found


class _StreamRefusedError(SourceFailure):
    """The SETUP of one of its streams."""


class _Opener:
    """What FFmpeg reads: a method for each kind of address. All raise SourceFailure."""

    def __init__(
        self, request: Request, address: SourceAddress, policy: EgressPolicy | None, waits: Waits
    ) -> None:
        self._request, self._address = request, address
        self._policy, self._waits = policy, waits

    def file(self) -> Source:
        path, options = os.path.abspath(self._address.url), dict(_FILM_OPTIONS)
        reopen = partial(self._open, path, options, paced=True)
        return Film(reopen, loop=self._request.loop, start=self._request.start)

    def rtsp(self) -> Source:
        """Over TCP through the forwarder; over UDP FFmpeg is alone."""
        transport = self._request.transport
        if self._request.guarded:
            return self._rtsp_over("tcp")
        if transport != "udp":
            try:
                return self._rtsp_over("tcp")
            except SourceFailure as over:
                if over.kind == "forbidden":  # it redirects
                    return self._rtsp_over("tcp", direct=True)
                # FFmpeg does not tell 461 (unsupported transport) from other refusals of this kind.
                if transport != "auto" or over.kind != "protocol":
                    raise
        return self._rtsp_over("udp", direct=True)

    def rtmp(self) -> Source:
        options = PROBE | {"rtmp_live": "live", "rtmp_buffer": "100"}
        try:
            return self._connect(options, direct=not self._request.guarded)
        except SourceFailure as over:
            if over.kind != "ended":
                raise
            said = "it closes the connection: it has no such stream, or wants a key"
            raise failure("not_found", self._address, said) from None

    def srt(self) -> Source:
        address, policy = self._address, self._policy
        # To listen is no egress.
        look_up = policy.check if policy and srt_mode(address) != "listener" else resolve
        ip = look_up(address.host)[0] if address.host else "0.0.0.0"
        return self._transport_stream(SrtFile(address, ip, self._waits))

    def udp(self) -> Source:
        return self._transport_stream(UdpFile(self._address, self._policy, self._waits))

    def sdp(self) -> Source:
        try:
            with open(self._address.url, encoding="utf-8", errors="replace") as file:
                text, place = described(self._address, file.read(65_536))
        except OSError as error:
            raise from_av(error, self._address) from None
        with listening(place, self._policy) as listener:
            first_packet(listener, place.port, self._waits, [])
        options = {"protocol_whitelist": "rtp,udp", **_BY_UDP, **AT_ONCE}
        return self._open(io.BytesIO(text.encode()), options, "sdp")

    def device(self) -> Source:
        for options in _DEVICE_OPTIONS[:-1]:
            try:
                return self._open(self._address.url, options, "video4linux2,v4l2")
            except SourceFailure as over:
                if over.kind != "protocol":
                    raise
        return self._open(self._address.url, _DEVICE_OPTIONS[-1], "video4linux2,v4l2")

    def screen(self) -> Source:
        display = self._address.url.partition(":")[2] or os.environ.get("DISPLAY", "")
        if not display:
            raise failure("not_found", self._address, "there is no DISPLAY to read")
        try:
            return self._open(display, {"framerate": "30", "draw_mouse": "1"}, "x11grab")
        except SourceFailure:
            raise failure("not_found", self._address, "there is no such display") from None

    def push(self) -> Source:
        raise failure("protocol", self._address, "a push is for `python -m ingress serve` to take")

    def _open(
        self, url: Any, options: dict[str, str], format_name: str | None = None, **more: Any
    ) -> ContainerSource:
        """more: as of ContainerSource."""
        try:
            container = av.open(url, "r", format=format_name, options=options)
        except (av.FFmpegError, OSError) as error:
            raise from_av(error, self._address) from None
        return ContainerSource(container, self._address, **{"sound": self._request.sound, **more})

    def _transport_stream(self, file: SrtFile | UdpFile) -> Source:
        try:
            return self._open(file, dict(PROBE), "mpegts", backing=file)
        except BaseException:
            file.close()
            raise

    def _rtsp_over(self, transport: str, *, direct: bool = False, sound: bool = True) -> Source:
        sound = sound and self._request.sound
        media = "video+audio" if sound else "video"
        options = {"rtsp_transport": transport, "allowed_media_types": media, **_BY_UDP}
        connect = partial(self._connect, direct=direct, transport=transport)
        try:
            # Its description names the codecs; what else there is to know comes with the pictures.
            return connect(options | AT_ONCE, sound=sound)
        except _StreamRefusedError:
            if not sound:
                raise
            opened = self._rtsp_over(transport, sound=False)
            opened.contents = replace(opened.contents, sound="refused")
            return opened
        except SourceFailure as over:
            if over.kind != "codec":
                raise
        return connect(options | PROBE, sound=sound)

    def _connect(self, options: dict[str, str], *, direct: bool, **more: Any) -> Source:
        """From the network. direct: without the forwarder; more: as of ContainerSource."""
        if direct:
            resolve(self._address.host)
            return self._open(self._address.url, options, **more)
        behind = Forwarder(self._address, self._policy)
        try:
            return self._open(behind.url, options | behind.options, backing=behind, **more)
        except SourceFailure as over:
            behind.close()
            over = behind.failure or over
            refused = _StreamRefusedError(over.kind, over.text) if behind.refused_setup else over
            raise refused from None
