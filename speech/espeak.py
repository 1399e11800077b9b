"""The espeak-ng library through ctypes: text in, PCM out, one synthesis at a time.

PyPI's `espeakng-loader` brings the library and its data (GPL-3.0-or-later, like espeak-ng).
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import espeakng_loader

from speech.voice import SpeechError

SAMPLE_RATE = 22_050
"""Hz of espeak-ng's formant voices."""
BUFFER_MS = 60
"""Speech arrives in pieces of this length."""

# espeak-ng's speak_lib.h
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_END_PAUSE = 0x1000
_POS_CHARACTER = 1
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4

# At the full volume of 100 some voices come within a hair of clipping.
_SOUND = ((_VOLUME, 85), (_PITCH, 50), (_RANGE, 60))

# The library has one voice, one callback and one state for the whole process.
_process_lock = threading.Lock()

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


@cache
def _library() -> Any:
    """The initialised library. Raises SpeechError."""
    try:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
    except OSError as error:
        raise SpeechError(f"espeak-ng cannot be loaded: {error}") from None
    data = str(espeakng_loader.get_data_path()).encode()
    rate = library.espeak_Initialize(_SYNCHRONOUS, BUFFER_MS, data, _DONT_EXIT)
    if rate != SAMPLE_RATE:
        raise SpeechError(f"espeak-ng does not start (sample rate {rate})")
    return library


def initialise() -> None:
    """Loads the library and its data. Raises SpeechError."""
    with _process_lock:
        _library()


def synthesise(
    text: str, voice: str, rate: int, on_pcm: Callable[[bytes], bool], *, end_pause: bool = False
) -> None:
    """Speaks ``text``, blocking; ``on_pcm`` gets int16 mono 22.05 kHz and returns False to stop.

    ``voice`` is a voice file with or without a variant, like ``en-US`` or ``en+f3``; ``rate`` is in
    words a minute. What ``on_pcm`` raises is raised here.

    Raises:
        SpeechError: espeak-ng refuses the voice or the text.
    """
    failures: list[BaseException] = []
    with _process_lock:
        library = _library()
        callback = _Callback(partial(_deliver, on_pcm, failures))
        library.espeak_SetSynthCallback(callback)
        try:
            if library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise SpeechError(f"espeak-ng does not know the voice {voice!r}")
            for parameter, value in ((_RATE, rate), *_SOUND):
                library.espeak_SetParameter(parameter, value, 0)
            data = text.encode()
            flags = _CHARS_UTF8 | (_END_PAUSE if end_pause else 0)
            status = library.espeak_Synth(
                data, len(data) + 1, 0, _POS_CHARACTER, 0, flags, None, None
            )
        finally:
            library.espeak_SetSynthCallback(None)
    if failures:
        raise failures[0]
    if status != 0:
        raise SpeechError(f"espeak-ng cannot speak the text (status {status})")


def _deliver(
    on_pcm: Callable[[bytes], bool],
    failures: list[BaseException],
    samples: Any,
    count: int,
    _events: Any,
) -> int:
    """An exception cannot cross C: it is kept, and the synthesis is stopped."""
    if failures:
        return 1
    if not samples or count <= 0:
        return 0
    try:
        return 0 if on_pcm(ctypes.string_at(samples, count * 2)) else 1
    except BaseException as error:
        failures.append(error)
        return 1
