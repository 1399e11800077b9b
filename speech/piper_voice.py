"""piper as a voice: neural, local, faster than it is spoken on one core.

``piper-tts`` 1.8 from PyPI (github.com/OHF-Voice/piper1-gpl), GPL-3.0-or-later, with espeak-ng's
phonemes built in; it is not installed unless asked for (``make voice-piper``) and imported only
when used. Voices have licences of their own (``MODEL_CARD``). Its API: ``PiperVoice(session=,
config=).synthesize(text, SynthesisConfig(...))`` gives an ``AudioChunk`` (int16, the model's rate)
a sentence.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any

from speech import piper_voices, threads
from speech.resampling import Resampler
from speech.voice import SpeechError

VOLUME = 0.7
"""piper lifts the loudest sample of each sentence to full scale; this leaves room, and comes near
to what the other voices give.
"""
THREADS = 1
"""Of onnxruntime: the encoder of the picture needs the other cores."""
ERRORS_ONLY = 3
MAX_CHARACTERS = 600


class PiperVoice:
    """Implements ``Voice``."""

    def __init__(self, voice: str) -> None:
        """``voice``: one that is on this machine, like ``en_US-lessac-medium``."""
        self._name = voice
        self._loaded: _Model | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="speech")

    async def prepare(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._model)

    async def say(self, text: str) -> AsyncGenerator[bytes, None]:
        """See ``Voice``; a sentence at a time."""

        def work(sink: threads.Sink[bytes]) -> None:
            self._model().speak(text[:MAX_CHARACTERS], sink)

        try:
            async with aclosing(threads.stream(self._thread, work)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            if self._loaded is not None:
                self._loaded.stop()

    async def aclose(self) -> None:
        if self._loaded is not None:
            self._loaded.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _model(self) -> _Model:
        if self._loaded is None:
            self._loaded = _Model(piper_voices.find(self._name))
        return self._loaded


class _Model:
    """A loaded voice. Used by one thread, but for ``stop``. Raises SpeechError."""

    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime
            from piper import PiperVoice as Piper
            from piper.config import PiperConfig, SynthesisConfig
        except ImportError:
            raise SpeechError("piper is not installed: make voice-piper") from None
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
        self._rate = config.sample_rate

    def speak(self, text: str, sink: threads.Sink[bytes]) -> None:
        self._session.begin()
        if sink.cancelled:  # before `begin`: that stop has missed
            return
        resampler = Resampler(self._rate)
        try:
            for chunk in self._piper.synthesize(text, self._how):
                if not sink.put(resampler.push(chunk.audio_int16_bytes)):
                    return
        except Exception as error:
            if not sink.cancelled:
                raise SpeechError(f"piper cannot speak the text ({_line(error)})") from None
        rest = resampler.flush()
        if rest:
            sink.put(rest)

    def stop(self) -> None:
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
