"""Opens a source of any kind with the options that keep it quick and low in delay."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import av
from av.container import InputContainer

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
at is kept: `nobuffer` would throw the first key frame away, and with it up to a GOP of time."""

AT_ONCE = {"probesize": "32", "analyzeduration": "100000", "fpsprobesize": "0"}
"""One packet and no more."""

_BY_UDP = {"buffer_size": str(BUFFER), "max_delay": "200000"}
"""Microseconds that a packet which came too early over UDP waits for those before it."""

_DEVICE_WAYS: tuple[dict[str, str], ...] = (
    {"input_format": "h264", "video_size": "1280x720"},
    {"input_format": "mjpeg", "video_size": "1280x720", "framerate": "30"},
    {"input_format": "mjpeg"},
    {},
)
"""Compressed first: raw 720p at 30 a second is more than USB 2 carries."""


_FILMS = (
    "mov,matroska,mpegts,mpeg,avi,flv,asf,ogg,h264,hevc,m4v,mpegvideo,mjpeg,ivf,nut,mxf,dv,obu,"
    "av1,vc1,wtv,rm,nsv,gif,apng,yuv4mpegpipe"
)
"""Formats of one file: playlists (hls, dash, concat) would lead to others."""


def open_address(
    request: Request, address: SourceAddress, waits: Waits = lambda *_, **__: None
) -> Source:
    """Opens it; blocks for as long as it takes. Raises SourceFailure. waits: told each second why
    nothing comes from a source that has answered, or is listened for.
    """
    if address.kind == "http":
        from ingress.reader.http.source import open_http_source  # it loads an HTTP client, 20 MB

        return open_http_source(request, address, _policy(request), waits)
    if address.kind in ("test", "demo"):
        from ingress.reader.drawn import open_drawn  # it loads NumPy

        return open_drawn(address)
    if listener := _LISTENERS.get(address.kind):
        return listener(request, address, waits)
    return _OPENERS[address.kind](request, address)


def _open(
    address: SourceAddress, url: Any, options: dict[str, str], format_name: str | None = None
) -> InputContainer:
    try:
        container: InputContainer = av.open(url, "r", format=format_name, options=options)
        return container
    except SourceFailure:
        raise
    except (av.FFmpegError, OSError) as error:
        raise from_av(error, address) from None


def _file(request: Request, address: SourceAddress) -> Source:
    path = os.path.abspath(address.url)

    def opened() -> ContainerSource:
        options = {"protocol_whitelist": "file", "format_whitelist": _FILMS}
        container = _open(address, path, options)
        return ContainerSource(container, address, sound=request.sound, paced=True)

    return Film(opened, loop=request.loop, start=request.start)


class _StreamRefusedError(SourceFailure):
    """The SETUP of one of its streams."""


def _connect(
    request: Request,
    address: SourceAddress,
    options: dict[str, str],
    *,
    transport: str = "",
    direct: bool = False,
) -> ContainerSource:
    """Opens what FFmpeg reads from the network by itself. direct: without the forwarder."""
    if direct:
        resolve(address.host)
        container = _open(address, address.url, options)
        return ContainerSource(container, address, sound=request.sound, transport=transport)
    behind = Forwarder(address, _policy(request))
    try:
        container = _open(address, behind.url, options | behind.options)
        return ContainerSource(
            container, address, sound=request.sound, transport=transport, backing=behind
        )
    except SourceFailure as over:
        behind.close()
        over = behind.failure or over
        raise _StreamRefusedError(over.kind, over.text) if behind.refused_setup else over from None


def _rtsp(request: Request, address: SourceAddress) -> Source:
    """Over TCP through the forwarder; over UDP FFmpeg is alone."""
    if request.guarded:
        return _rtsp_over("tcp", request, address)
    if request.transport != "udp":
        try:
            return _rtsp_over("tcp", request, address)
        except SourceFailure as over:
            if over.kind == "forbidden":  # it redirects
                return _rtsp_over("tcp", request, address, direct=True)
            # FFmpeg does not tell 461 (unsupported transport) from other refusals of this kind.
            if request.transport != "auto" or over.kind != "protocol":
                raise
    return _rtsp_over("udp", request, address, direct=True)


def _rtsp_over(
    transport: str, request: Request, address: SourceAddress, *, direct: bool = False
) -> ContainerSource:
    options = {
        "rtsp_transport": transport,
        "allowed_media_types": "video+audio" if request.sound else "video",
        **_BY_UDP,
    }
    try:
        # Its description names the codecs, and what else there is to know comes with the pictures.
        return _connect(request, address, options | AT_ONCE, transport=transport, direct=direct)
    except _StreamRefusedError:
        if not request.sound:
            raise
        opened = _rtsp_over(transport, replace(request, sound=False), address)
        opened.contents = replace(opened.contents, sound="refused")
        return opened
    except SourceFailure as over:
        if over.kind != "codec":
            raise
    return _connect(request, address, options | PROBE, transport=transport, direct=direct)


def _rtmp(request: Request, address: SourceAddress) -> Source:
    options = PROBE | {"rtmp_live": "live", "rtmp_buffer": "100"}
    try:
        return _connect(request, address, options, direct=not request.guarded)
    except SourceFailure as over:
        if over.kind != "ended":
            raise
        said = "it closes the connection: it has no such stream, or wants a key"
        raise failure("not_found", address, said) from None


def _srt(request: Request, address: SourceAddress, waits: Waits) -> Source:
    policy, mode = _policy(request), srt_mode(address)
    # To listen is no egress.
    look_up = policy.check if policy and mode != "listener" else resolve
    ip = look_up(address.host)[0] if address.host else "0.0.0.0"
    return _transport_stream(request, address, SrtFile(address, ip, waits))


def _transport_stream(request: Request, address: SourceAddress, file: SrtFile | UdpFile) -> Source:
    try:
        container = _open(address, file, dict(PROBE), "mpegts")
        return ContainerSource(container, address, sound=request.sound, backing=file)
    except BaseException:
        file.close()
        raise


def _device(request: Request, address: SourceAddress) -> Source:
    for options in _DEVICE_WAYS:
        try:
            container = _open(address, address.url, options, "video4linux2,v4l2")
        except SourceFailure as over:
            if over.kind != "protocol" or not options:
                raise
        else:
            return ContainerSource(container, address, sound=False)
    raise failure("not_found", address)


def _udp(request: Request, address: SourceAddress, waits: Waits) -> Source:
    return _transport_stream(request, address, UdpFile(address, _policy(request), waits))


def _sdp(request: Request, address: SourceAddress, waits: Waits) -> Source:
    try:
        with open(address.url, encoding="utf-8", errors="replace") as file:
            text, place = described(address, file.read(65_536))
    except OSError as error:
        raise from_av(error, address) from None
    with listening(place, _policy(request)) as listener:
        first_packet(listener, place.port, waits, [])
    options = {"protocol_whitelist": "rtp,udp", **_BY_UDP, **AT_ONCE}
    container = _open(address, io.BytesIO(text.encode()), options, "sdp")
    return ContainerSource(container, address, sound=request.sound)


def _screen(request: Request, address: SourceAddress) -> Source:
    display = address.url.partition(":")[2] or os.environ.get("DISPLAY", "")
    if not display:
        raise failure("not_found", address, "there is no DISPLAY to read")
    try:
        container = _open(address, display, {"framerate": "30", "draw_mouse": "1"}, "x11grab")
    except SourceFailure:
        raise failure("not_found", address, "there is no such display") from None
    return ContainerSource(container, address, sound=False)


def _policy(request: Request) -> EgressPolicy | None:
    return EgressPolicy(request.networks) if request.guarded else None


def _pushed(_: Request, address: SourceAddress) -> Source:
    raise failure("protocol", address, "a push is for `python -m ingress serve` to take")


_LISTENERS: dict[str, Callable[[Request, SourceAddress, Waits], Source]] = {
    "sdp": _sdp,
    "srt": _srt,
    "udp": _udp,
}
_OPENERS: dict[str, Callable[[Request, SourceAddress], Source]] = {
    "file": _file,
    "rtsp": _rtsp,
    "rtmp": _rtmp,
    "device": _device,
    "screen": _screen,
    "push": _pushed,
}
