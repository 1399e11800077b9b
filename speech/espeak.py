"""The espeak-ng library through ctypes: text in, PCM out. For the program of a voice alone.

PyPI's `espeakng-loader` brings the library and its data (GPL-3.0-or-later, like espeak-ng).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial
from typing import Any

import espeakng_loader

from speech.voice import SpeechError

SAMPLE_RATE = 22_050
"""Hz of espeak-ng's formant voices."""
BUFFER_MS = 60
"""Speech arrives in pieces of this length."""
WORDS_PER_MINUTE = 168

# espeak-ng's speak_lib.h
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_END_PAUSE = 0x1000
_POS_CHARACTER = 1
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4

# At the full volume of 100 some voices come within a hair of clipping.
_SOUND = ((_VOLUME, 85), (_PITCH, 50), (_RANGE, 60))

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Espeak:
    """The library, initialised. Implements ``Synthesizer``."""

    rate = SAMPLE_RATE

    def __init__(self) -> None:
        """Raises SpeechError."""
        try:
            self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise SpeechError(f"espeak-ng cannot be loaded: {error}") from None
        data = str(espeakng_loader.get_data_path()).encode()
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, BUFFER_MS, data, _DONT_EXIT)
        if rate != SAMPLE_RATE:
            raise SpeechError(f"espeak-ng does not start (sample rate {rate})")

    def speak(self, text: str, voice: str, put: Callable[[bytes], bool]) -> None:
        """``voice``: a voice file with or without a variant, like ``en-US`` or ``en+f3``.

        Raises SpeechError where espeak-ng refuses the voice or the text.
        """
        library = self._library
        callback = _Callback(partial(_deliver, put))
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SpeechError(f"espeak-ng does not know the voice {voice!r}")
        for parameter, value in ((_RATE, WORDS_PER_MINUTE), *_SOUND):
            library.espeak_SetParameter(parameter, value, 0)
        data = text.encode()
        flags = _CHARS_UTF8 | _END_PAUSE
        status = library.espeak_Synth(data, len(data) + 1, 0, _POS_CHARACTER, 0, flags, None, None)
        if status != 0:
            raise SpeechError(f"espeak-ng cannot speak the text (status {status})")

    def stop(self) -> None:
        """``put`` says so soon enough: a piece has 60 ms, and is made in one."""


def _deliver(put: Callable[[bytes], bool], samples: Any, count: int, _events: Any) -> int:
    if not samples or count <= 0:
        return 0
    return 0 if put(ctypes.string_at(samples, count * 2)) else 1
