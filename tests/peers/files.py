"""Video files with a clock burnt in, of every container and codec that sources come in."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av

from tests.peers import camera_encoders as encoders
from tests.peers.camera import beeps, picture
from tests.peers.camera_encoders import CLOCK, Look


def write_file(path: Path, look: Look, *, sound: str = "", seconds: float = 4.0) -> Path:
    """Writes a file; the clock in the picture begins at 0 and counts its seconds."""
    options = {"strict": "experimental"}
    with av.open(path, "w", options=options) as container:
        video = encoders.add_video(container, look)
        heard = encoders.add_sound(container, sound) if sound else None
        rate = encoders.SOUND_RATES.get(sound, 0)
        for number in range(round(seconds * look.fps)):
            moment = number / look.fps
            frame = picture((look.width, look.height), number, moment)
            frame.pts, frame.time_base = round(moment * CLOCK), Fraction(1, CLOCK)
            container.mux(video.encode(frame))
            if heard:
                first = round(moment * rate)
                piece = beeps(0.0, first, round((number + 1) / look.fps * rate), rate)
                container.mux(heard.encode(piece))
        container.mux(video.encode(None))
        if heard:
            container.mux(heard.encode(None))
    return path


def turned(path: Path, to: Path) -> Path:
    """A copy that says it is to be turned by 90 degrees, as a phone held upright writes it."""
    command = ("ffmpeg", "-y", "-loglevel", "error", "-i", path, "-c", "copy")
    turn = ("-metadata:s:v:0", "rotate=90", to)
    subprocess.run([*map(str, (*command, *turn))], check=True, timeout=30)
    return to
