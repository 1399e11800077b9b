"""ffmpeg and VLC as people use them to send a picture: command lines, and a way to run them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.peers.program import Program
from tests.support.ports import free_port

VLC_CACHING = 300
"""Milliseconds that VLC keeps of what it reads; its own default is a second."""


def ffmpeg(folder: Path, *words: str, namespace: str = "") -> Program:
    """A real ffmpeg with these words."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ("ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", *words)
    return Program(command, folder / "ffmpeg.log", namespace=namespace)


def ffmpeg_copy(folder: Path, container: str, address: str, *words: str) -> Program:
    """A real ffmpeg that reads a camera's stream and hands it on as it is, by these words. Of the
    5 s that it would look at a stream first it takes half a second.
    """
    read = ("-analyzeduration", "500000", "-f", container, "-i", address)
    return ffmpeg(folder, *read, "-c", "copy", *words)


def vlc(folder: Path, *words: str, namespace: str = "", display: str = "") -> Program:
    """A real VLC without a window. It refuses to run as root, so there it runs as nobody."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = ("-I", "dummy", "--no-color", f"--network-caching={VLC_CACHING}", "--no-dbus")
    other: tuple[str, ...] = ()
    if os.geteuid() == 0:
        other = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    command = (*other, "cvlc", *asked, *words)
    # Not its children's: VLC looks for its folder of settings there, and nobody has none.
    environment = {"HOME": "/nonexistent", "XDG_RUNTIME_DIR": "", "DISPLAY": display}
    return Program(command, folder / "vlc.log", namespace=namespace, environment=environment)


def gstreamer(folder: Path, pipeline: str) -> Program:
    """A real GStreamer with this pipeline."""
    command = ("gst-launch-1.0", "-q", *pipeline.split())
    return Program(command, folder / "gstreamer.log")


def screen(folder: Path, number: int, width: int, height: int) -> Program:
    """A desktop without a monitor: the display `:number`."""
    command = ("Xvfb", f":{number}", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp")
    return Program(command, folder / "screen.log")


def missing(*names: str) -> str:
    """Which of these programs are not here, as a reason to skip; "" where all are."""
    gone = [name for name in names if shutil.which(name) is None]
    return f"not installed: {', '.join(gone)} (launcher/setup.sh peers)" if gone else ""


def handover() -> tuple[str, str]:
    """Two addresses of one TCP connection: where a camera sends to, and what a player reads."""
    port = free_port()
    return f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port}?listen=1"
