"""A voice of piper, loaded: neural, faster than it is spoken on one core. For the program of a
voice alone.

``piper-tts`` 1.8 from PyPI (github.com/OHF-Voice/piper1-gpl), GPL-3.0-or-later, with espeak-ng's
phonemes built in; it is not installed unless asked for (``make voice-piper``). Its API:
``PiperVoice(session=, config=).synthesize(text, SynthesisConfig(...))`` gives an ``AudioChunk``
(int16, the model's rate) a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from speech.voice import SpeechError

VOLUME = 0.7
"""piper lifts the loudest sample of each sentence to full scale; this leaves room, and comes near
to what the other voices give.
"""
THREADS = 1
"""Of onnxruntime: the encoder of the picture needs the other cores."""
ERRORS_ONLY = 3


class PiperModel:
    """A loaded voice. Implements ``Synthesizer``."""

    def __init__(self, voice: str) -> None:
        """``voice``: the file of its model. Raises SpeechError."""
        path = Path(voice)
        import onnxruntime
        from piper import PiperVoice as Piper
        from piper.config import PiperConfig, SynthesisConfig

        try:
            config = PiperConfig.from_dict(json.loads(Path(f"{path}.json").read_text("utf-8")))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = THREADS
            options.log_severity_level = ERRORS_ONLY
            session = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's have no common base
            raise SpeechError(
                f"piper cannot load {path.stem} ({_line(error)}): pull it again"
            ) from None
        self._session = _Stoppable(session, onnxruntime.RunOptions)
        self._piper = Piper(session=self._session, config=config)
        self._how = SynthesisConfig(volume=VOLUME)
        self.rate = config.sample_rate

    def speak(self, text: str, voice: str, put: Callable[[bytes], bool]) -> None:
        """A sentence at a time; ``voice`` is the one that was loaded. Raises SpeechError."""
        self._session.begin()
        if not put(b""):  # stopped before `begin`: that stop has missed
            return
        try:
            for chunk in self._piper.synthesize(text, self._how):
                if not put(chunk.audio_int16_bytes):
                    return
        except Exception as error:
            if put(b""):
                raise SpeechError(f"piper cannot speak the text ({_line(error)})") from None

    def stop(self) -> None:
        """Between two operators of its network."""
        self._session.stop()


class _Stoppable:
    """An onnxruntime session whose run can be ended from another thread, between two operators."""

    def __init__(self, session: Any, make_options: Any) -> None:
        self._session = session
        self._make_options = make_options
        self._options = make_options()

    def begin(self) -> None:
        """A new text: what stopped the last one does not hold for it."""
        self._options = self._make_options()

    def stop(self) -> None:
        self._options.terminate = True

    def run(self, names: Any, inputs: Any) -> Any:
        return self._session.run(names, inputs, self._options)


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:120]
