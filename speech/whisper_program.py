"""`python -m speech.whisper_program MODEL`: the program behind ``speech/whisper.py``.

It says one JSON line when the model is loaded, then one for each utterance: ``{"text": ""}`` or
``{"error": "one line"}``. An utterance is a JSON line ``{"language": "en", "bytes": 32000}`` and so
many bytes of 16 kHz mono int16. It ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

NICER = 5
"""The picture and the voice go before it."""
THREADS = 2
BEAM = 5
LONGEST = 220
"""Tokens: what is said in 30 s, and no endless repetition."""


def main() -> int:
    """Serve until the input ends; returns the exit status."""
    os.nice(NICER)
    # Libraries print: what they say must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(**answer: str) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    try:
        model = load(sys.argv[1])
    except Exception as error:  # of hubs, files and libraries, which have no common base
        say(error=f"cannot load {os.path.basename(sys.argv[1])}: {_line(error)}")
        return 1
    say(text="")
    while head := sys.stdin.buffer.readline():
        wanted = json.loads(head)
        sound = sys.stdin.buffer.read(wanted["bytes"])
        try:
            say(text=transcribe(model, sound, wanted["language"]))
        except Exception as error:
            say(error=_line(error))
    return 0


def load(name: str) -> Any:
    """The model of that name or in that folder; what is not here is fetched."""
    from faster_whisper import WhisperModel

    folder = os.path.sep in name
    if folder and not os.path.isdir(name):
        raise FileNotFoundError("there is no such folder")
    how: dict[str, Any] = {"device": "cpu", "compute_type": "int8", "cpu_threads": THREADS}
    try:
        return WhisperModel(name, local_files_only=True, **how)
    except Exception:
        if folder:
            raise
        return WhisperModel(name, **how)


def transcribe(model: Any, sound: bytes, language: str) -> str:
    """What is said in 16 kHz mono int16. Raises ValueError for a language it does not know."""
    spoken = language.partition("-")[0].lower()
    known = model.supported_languages
    if spoken not in known:
        raise ValueError(f"this model knows no {language}: choose another with STT=whisper:MODEL")
    segments, _ = model.transcribe(
        np.frombuffer(sound, "<i2").astype(np.float32) / 32768.0,
        language=spoken,
        beam_size=BEAM,
        temperature=0.0,
        condition_on_previous_text=False,
        without_timestamps=True,
        max_new_tokens=LONGEST,
    )
    return " ".join(segment.text.strip() for segment in segments)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
