"""The matrix: which source, sent by whom, over what, and how it is to arrive."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from ingress.reader.messages import Way
from tests.peers.camera_encoders import Look
from tests.peers.files import turned, write_file
from tests.peers.http_camera import HttpCamera
from tests.peers.login import Login
from tests.sources import senders
from tests.sources.stage import Stage

Transport = Literal["auto", "tcp", "udp"]

HARD = "p@ss:w/rd"
"""A password with everything in it that an address has a meaning for."""

SIZE = (320, 180)
LIVE, PLAYLIST = 2.0, 15.0
_NAMES = {"h265": "hevc"}


@dataclass(frozen=True, slots=True)
class Case:
    """One source. make: sets the stage and gives the address; codec, sound: as the report has them,
    "" for none or any.

    way: "" for either; size: of the picture as it is to arrive; age: longest median age of the
    picture in seconds, 0 for what has no live clock; clock: whether there is any; short: part of
    `make test`; needs: programs without which it is left out.
    """

    name: str
    peer: str
    make: Callable[[Stage], str]
    codec: str
    sound: str = ""
    way: Way | Literal[""] = "passthrough"
    size: tuple[int, int] = SIZE
    age: float = LIVE
    transport: Transport = "auto"
    clock: bool = True
    short: bool = False
    needs: tuple[str, ...] = ()


def _rtsp(
    look: Look, sound: str = "", way: Way | Literal[""] = "passthrough", *, over: Transport = "tcp"
) -> Case:
    """From mediamtx, to which a camera publishes."""
    words = ["rtsp", over, look.codec]
    words += [f"{look.bframes} B-frames"] if look.bframes else []
    words += [f"GOP {look.gop:g} s"] if look.gop != 1.0 else []
    words += [f"{look.height}p"] if look.height > SIZE[1] else []
    name = "-".join(filter(None, [*words, sound])).replace(" ", "-")

    def make(stage: Stage) -> str:
        return stage.media.rtsp(stage.published(f"open/{name}", look, sound))

    codec = _NAMES.get(look.codec, look.codec)
    size = (look.width, look.height)
    return Case(name, "mediamtx", make, codec, sound, way, size, transport=over)


def _short(case: Case) -> Case:
    return replace(case, short=True)


def _gst(name: str, make: Callable[[Stage], str]) -> Case:
    return Case(name, "GStreamer", make, "h264", needs=("gst-launch-1.0",))


def _http(name: str, path: str) -> Case:
    """From a camera with bad habits, behind a login of the newer kind."""

    def make(stage: Stage) -> str:
        login = Login("cam", HARD, ("Negotiate", "MD5", "SHA-256"))
        return stage.http(HttpCamera(login=login)).url(path, login=f"cam:{HARD}")

    return Case(name, "HTTP camera", make, "mjpeg", way="transcoded")


def _file(
    name: str, look: Look, sound: str = "", way: Way | Literal[""] = "passthrough", turn: int = 0
) -> Case:
    def make(stage: Stage) -> str:
        path = write_file(stage.media_folder / name, look, sound=sound, seconds=8)
        return str(turned(path, path.with_stem(f"{path.stem}-turned"))) if turn else str(path)

    codec = _NAMES.get(look.codec, look.codec)
    size = (look.height, look.width) if turn else (look.width, look.height)
    turned_clock = not turn  # what is turned upright again has its clock at the side
    label = "-turned" if turn else ""
    said = f"file-{name.replace('.', '-')}{label}"
    return Case(said, "file", make, codec, sound, way, size, age=0, clock=turned_clock)


def _made(name: str, url: str, size: tuple[int, int]) -> Case:
    return Case(name, "none", lambda _: url, "", way="", size=size, age=0, clock=False)


_H264 = Look()
CASES: tuple[Case, ...] = (
    _short(_rtsp(_H264, "aac")),
    _short(_rtsp(_H264, "pcma", over="udp")),
    _short(_rtsp(Look(bframes=2), "aac", "transcoded")),
    _short(_rtsp(Look("h265"), "opus", "transcoded")),
    _short(_rtsp(Look("mjpeg", 320, 176), "pcmu", "transcoded")),
    _short(Case("rtmp-pull", "mediamtx", senders.rtmp, "h264", "aac")),
    _short(Case("srt-from-mediamtx", "mediamtx", senders.srt, "h264", "aac")),
    _short(Case("rtsp-from-ffmpeg", "ffmpeg", senders.rtsp_ffmpeg, "h264", "aac")),
    _short(Case("rtsp-odd-camera", "a camera of its own", senders.nasty, "h264")),
    _short(Case("vlc-udp", "VLC", senders.vlc_udp, "h264", "aac")),
    _short(Case("vlc-rtsp", "VLC", senders.vlc_rtsp, "h264", "aac")),
    _short(_http("http-mjpeg", "cam.mjpg")),
    _short(Case("hls-from-mediamtx", "mediamtx", senders.hls, "h264", "aac", age=PLAYLIST)),
    _short(_file("clip.mp4", Look(bframes=2), "aac", "transcoded")),
    # The rest of the full matrix
    _rtsp(_H264, "opus", over="udp"),
    _rtsp(Look(gop=10.0), "aac", ""),
    _rtsp(Look(width=1280, height=720, fps=30, bitrate=2_500_000), "aac"),
    Case("srt-from-ffmpeg", "ffmpeg", senders.srt_ffmpeg, "h264", "aac"),
    Case("rtp-from-ffmpeg", "ffmpeg", senders.rtp_ffmpeg, "h264", "aac"),
    Case("hls-from-ffmpeg", "ffmpeg", senders.hls_ffmpeg, "h264", "aac", age=PLAYLIST),
    Case("http-ts-from-ffmpeg", "ffmpeg", senders.ts_ffmpeg, "h264", "aac"),
    Case("http-mp4", "web server", senders.mp4, "h264", "aac", age=0),
    Case("http-mjpeg-from-ffmpeg", "ffmpeg", senders.mjpeg_ffmpeg, "mjpeg", way="transcoded"),
    _http("http-snapshots", "cam.jpg"),
    Case("vlc-http-ts", "VLC", senders.vlc_http, "h264", "aac"),
    Case("vlc-http-mjpeg", "VLC", senders.vlc_mjpeg, "mjpeg", way="transcoded"),
    replace(
        _made("vlc-screen-by-rtsp", "", (640, 360)),
        peer="VLC",
        make=senders.vlc_screen,
        needs=("Xvfb",),
    ),
    Case("vlc-film-by-rtsp", "VLC", senders.vlc_file, "h264", "aac", way="", age=0),
    _file("clip.mkv", Look("h265"), "opus", "transcoded"),
    _file("clip.webm", Look("vp9"), "opus", "transcoded"),
    _file("clip.ts", _H264, "mp3"),
    _file("clip.avi", Look("mpeg4"), "mp3", "transcoded"),
    _file("jpegs.avi", Look("mjpeg"), "pcmu", "transcoded"),
    _file("clip.mov", _H264, "aac", "transcoded", turn=90),
    Case("http-flv-from-ffmpeg", "ffmpeg", senders.flv_ffmpeg, "h264", "aac"),
    _gst("gst-srt", senders.gst_srt),
    replace(_made("screen", "", (640, 360)), peer="Xvfb", make=senders.screen, needs=("Xvfb",)),
    _made("test", "test:640x360@15", (640, 360)),
    _made("demo", "demo", (960, 540)),
)


def groups(full: bool, size: int) -> list[tuple[Case, ...]]:
    """The cases in groups that run at the same time."""
    wanted = [
        case
        for case in CASES
        if (full or case.short) and all(shutil.which(name) for name in case.needs)
    ]
    return [tuple(wanted[start : start + size]) for start in range(0, len(wanted), size)]
