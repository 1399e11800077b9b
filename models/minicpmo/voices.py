"""Voices: reference recordings that the model speaks like, by name."""

from __future__ import annotations

import re
from collections import OrderedDict
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from models.engine import HEARING_RATE, RefusedError
from models.runtime.parts import Sound

LEAST_SECONDS = 3.0
MOST_SECONDS = 30.0
LEAST_LEVEL = 0.003
"""Root mean square of full scale; below it there is no voice to hear."""
SUFFIXES = (".wav", ".flac")
KEPT = 16
"""Recordings that are kept decoded, about 2 MB each at the most."""

_NAME = re.compile(r"[A-Za-z0-9][\w. -]{0,63}", re.ASCII)
# So that a client written for OpenAI's voices is not turned away; a recording of the name wins.
_OPENAI = "alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse"
_OWN = frozenset({"", "default", *_OPENAI.split()})

_Key = tuple[Path, int, int]
"""Path, time of change, size: another recording under an old name is read anew."""


class VoiceError(Exception):
    """A recording that cannot serve as a voice; the text is one line without its folder."""


class Voices:
    """The checkpoint's own voice, and those in a folder of recordings."""

    def __init__(self, folder: Path, own: Path | None) -> None:
        """
        Args:
            folder: Where NAME.wav or NAME.flac lie; it need not exist.
            own: The checkpoint's recording; None when it has none.
        """
        self._folder = folder
        self._own = own
        self._longest = MOST_SECONDS
        self._kept: OrderedDict[_Key, Sound] = OrderedDict()

    def cut_to(self, seconds: float) -> None:
        """From now on no more than the first ``seconds`` of a recording are used."""
        self._longest = min(MOST_SECONDS, seconds)
        self._kept.clear()

    def has(self, voice: str) -> bool:
        """Whether there is a recording of that name; what is in it is found out when it is used."""
        return voice.lower() in _OWN or self._file(voice) is not None

    def help(self) -> str:
        """Which voices there are, in a few words."""
        try:
            files = sorted(self._folder.iterdir())
        except OSError:
            files = []
        names = [f"'{file.stem}'" for file in files if file.suffix in SUFFIXES]
        listed = ["'default'", *names[:20], *(["..."] if len(names) > 20 else [])]
        return " or ".join(listed) + "; a recording NAME.wav in the voices folder adds one"

    def reference(self, voice: str) -> Sound | None:
        """The recording: mono float32 at 16 kHz, 3 s or more; None when the model has no own one.

        The same content gives the same object again.

        Raises:
            RefusedError: The recording is gone or cannot serve as a voice.
        """
        own = voice.lower() in _OWN
        file = self._file(voice) or (self._own if own else None)
        if file is None:
            if own:
                return None
            raise RefusedError(f"the voice {voice!r} is not known: {self.help()}", "audio.voice")
        try:
            return self._kept_or_read(file)
        except VoiceError as error:
            name = voice or "default"
            raise RefusedError(
                f"the voice {name!r} cannot be used: {error}", "audio.voice"
            ) from None

    def _file(self, voice: str) -> Path | None:
        if not _NAME.fullmatch(voice):
            return None
        paths = [self._folder / f"{voice}{suffix}" for suffix in SUFFIXES]
        return next((path for path in paths if path.is_file()), None)

    def _kept_or_read(self, file: Path) -> Sound:
        try:
            status = file.stat()
        except OSError:
            raise VoiceError("its recording is gone") from None
        key = (file, status.st_mtime_ns, status.st_size)
        sound = self._kept.pop(key, None) or read(file, self._longest)
        self._kept[key] = sound
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return sound


def read(file: Path, longest: float = MOST_SECONDS) -> Sound:
    """A recording as the model takes it, its first ``longest`` seconds. Raises VoiceError."""
    try:
        samples = _decoded(file)
    except (av.FFmpegError, OSError, ValueError, IndexError):
        raise VoiceError("the file holds no sound that can be read") from None
    seconds = len(samples) / HEARING_RATE
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise VoiceError(
            f"the recording is {seconds:.1f} s long, allowed are {LEAST_SECONDS:.0f} to "
            f"{MOST_SECONDS:.0f} s"
        )
    if not np.isfinite(samples).all():
        raise VoiceError("the recording holds samples that are no numbers")
    if float(np.sqrt(np.mean(samples**2))) < LEAST_LEVEL:
        raise VoiceError("the recording is silent")
    return Sound(np.clip(samples[: int(longest * HEARING_RATE)], -1.0, 1.0))


def _decoded(file: Path) -> NDArray[np.float32]:
    """Mono float32 at 16 kHz, at most a little more than the longest that is allowed."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=HEARING_RATE)
    pieces: list[NDArray[np.float32]] = []
    left = int((MOST_SECONDS + 1) * HEARING_RATE)
    with av.open(str(file)) as container:
        for frame in container.decode(container.streams.audio[0]):
            for out in resampler.resample(frame):
                pieces.append(out.to_ndarray()[0])
                left -= out.samples
            if left <= 0:
                break
    pieces += [out.to_ndarray()[0] for out in resampler.resample(None)]
    return np.concatenate(pieces).astype(np.float32)
