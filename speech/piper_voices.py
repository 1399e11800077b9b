"""Which voices of piper are on this machine."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path

from config.folders import cache_dir
from speech.voice import SpeechError


def folder() -> Path:
    """``VOICE/VOICE.onnx`` and ``VOICE/VOICE.onnx.json`` in it are a voice."""
    return cache_dir() / "piper"


def has_piper() -> bool:
    """Whether it is installed; a voice alone does not speak."""
    return importlib.util.find_spec("piper") is not None


def installed() -> list[str]:
    """Names of the voices that are whole, in order."""
    return sorted(
        path.parent.name
        for path in folder().glob("*/*.onnx")
        if path.stem == path.parent.name and path.with_name(f"{path.name}.json").is_file()
    )


def find(voice: str) -> Path:
    """The model file of a voice. Raises SpeechError, which says how to get it."""
    if voice in installed():
        return folder() / voice / f"{voice}.onnx"
    raise SpeechError(f"piper has no voice {voice} here: python -m models pull {voice}")


def fitting(language: str) -> str:
    """A voice for a BCP 47 tag where piper and one that fits are here, else ""."""
    if not has_piper():
        return ""
    with contextlib.suppress(SpeechError):
        return for_language(language)
    return ""


def for_language(language: str) -> str:
    """A voice for a BCP 47 tag: one of the region, else of the language.

    Voices are named ``en_US-lessac-medium``. Raises SpeechError when none fits.
    """
    wanted = language.replace("-", "_").lower()
    names = installed()
    exact = [name for name in names if name.partition("-")[0].lower() == wanted]
    near = [name for name in names if name.lower().startswith(wanted.partition("_")[0] + "_")]
    if not (exact or near):
        example = "such as en_US-lessac-medium" if wanted[:2] == "en" else f"that speaks {language}"
        raise SpeechError(
            f"piper has no voice for {language} here: python -m models pull VOICE, with one "
            f"{example}"
        )
    return (exact or near)[0]
