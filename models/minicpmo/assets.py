"""What speech needs beside the weights: the vocoder's files and a voice to speak like. Pure.

The vocoder is `Token2wav` of minicpmo-utils, and its files lie in a checkpoint's
`assets/token2wav`. There are two layouts, and a version of minicpmo-utils reads one of them: up to
1.0.6 five files (what the checkpoint was published with), from 1.0.7 on seven, with another vocoder
under the old name `hift.pt`.
"""

from __future__ import annotations

import importlib.metadata
import re
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = "assets/token2wav"
EARLIER = (
    "speech_tokenizer_v2_25hz.onnx",
    "campplus.onnx",
    "flow.yaml",
    "flow.pt",
    "hift.pt",
)
LATER = (*EARLIER, "config.yaml", "hift_original.pt")
LATER_FROM = (1, 0, 7)
LAST_OF_EARLIER = "1.0.6"
VOICES = ("assets/system_ref_audio.wav", "assets/HT_ref_audio.wav")
"""Recordings that checkpoints come with, the one to take first. 16.8 s and 6.0 s long."""
PACKAGE = "minicpmo-utils"


@dataclass(frozen=True, slots=True)
class Assets:
    """What was found for speech.

    Attributes:
        token2wav: Folder of the vocoder's files, None when there is none that can be used.
        voice: The recording to speak like, None when there is none.
        silent: Why there is no speech, or only with a recording of one's own, and what to do;
            empty when all is there.
    """

    token2wav: Path | None = None
    voice: Path | None = None
    silent: str = ""


def find(folder: Path, others: Iterable[Path], utils: str | None) -> Assets:
    """Looks in the checkpoint itself and then in others of the same model.

    Args:
        folder: The checkpoint.
        others: Folders of other checkpoints to borrow from.
        utils: The version of minicpmo-utils that will read them; None when it is not known.
    """
    places = [folder, *others]
    needed = needed_by(utils)
    whole = [place for place in places if not missing(place, needed)]
    if not whole:
        return Assets(voice=_voice(places), silent=_reason(folder, places, utils))
    voice = _voice([whole[0], *places])
    return Assets(whole[0] / FOLDER, voice, "" if voice else _NO_VOICE)


def needed_by(utils: str | None) -> tuple[str, ...]:
    """The files that a version of minicpmo-utils reads; the least set when it is not known."""
    if utils is None:
        return EARLIER
    numbers = tuple(int(part) for part in re.findall(r"\d+", utils)[:3])
    return LATER if numbers >= LATER_FROM else EARLIER


def missing(folder: Path, needed: Iterable[str] = EARLIER) -> tuple[str, ...]:
    """Which of the vocoder's files a checkpoint lacks."""
    return tuple(name for name in needed if not (folder / FOLDER / name).is_file())


def installed_utils() -> str | None:
    """The version of minicpmo-utils in this environment, None where it is not."""
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return None


def seconds(recording: Path) -> float:
    """Length of a WAV recording; 0 when it cannot be read."""
    try:
        with wave.open(str(recording)) as file:
            return float(file.getnframes() / file.getframerate())
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return 0.0


_NO_VOICE = (
    f"it has no recording to speak like ({' or '.join(VOICES)}): "
    "python -m models pull brings one, a recording default.wav in VOICE_DIR serves as well"
)


def _voice(places: Iterable[Path]) -> Path | None:
    found = (place / name for place in places for name in VOICES)
    return next((path for path in found if path.is_file()), None)


def _reason(folder: Path, places: list[Path], utils: str | None) -> str:
    lacking = {place: missing(place, needed_by(utils)) for place in places}
    best = min(places, key=lambda place: len(lacking[place]))
    if not missing(best, EARLIER):
        return (
            f"{best / FOLDER} is of the earlier layout (no {' and '.join(lacking[best])}), which "
            f"{PACKAGE} {utils} does not read and {LAST_OF_EARLIER} does: in the engine's "
            f"environment, python -m pip install --no-deps {PACKAGE}=={LAST_OF_EARLIER}"
        )
    if len(lacking[best]) < len(needed_by(utils)):
        return (
            f"{best / FOLDER} lacks {', '.join(lacking[best])}: python -m models pull brings them"
        )
    return f"{folder} has no {FOLDER}: python -m models pull brings it"
