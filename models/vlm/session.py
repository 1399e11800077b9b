"""The model at work for the engine: requests one after the other, each on its own.

Everything here runs in the worker's thread and blocks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.engine import (
    BusyError,
    Delta,
    EngineError,
    EngineStartError,
    FatalEngineError,
    Finished,
    GenerationRequest,
    Notice,
    TextDelta,
)
from models.runtime.frames import Frames
from models.runtime.limits import fit
from models.runtime.prompt import build
from models.runtime.text import SpokenText, one_line
from speech.threads import Sink

log = logging.getLogger("engine")


class Session:
    """Owns the model. torch is imported when it opens."""

    def __init__(self, folder: Path, device: str, budget_gib: float = 0.0) -> None:
        """See `models.vlm.machine.place` for ``device`` and ``budget_gib``."""
        self._folder = folder
        self._device = device
        self._budget_gib = budget_gib
        self._frames = Frames()
        self._stopped = threading.Event()
        self._sink: Sink[Delta] | None = None
        self._lost = ""
        self.describer: Any = None
        """A `models.vlm.describer.Describer` once it is open."""

    def open(self, report: Callable[[str], None] = log.info) -> None:
        """Loads the model and lets it run once. Raises EngineStartError."""
        from models.vlm.checkpoint import Checkpoint
        from models.vlm.machine import place

        checkpoint = Checkpoint.read(self._folder)
        where = place(checkpoint, self._device, self._budget_gib)
        report(
            f"{checkpoint.name}, {checkpoint.parameters / 1e6:.0f} million parameters, on "
            f"{where.device} as {where.dtype}, about {where.need / 2**30:.1f} GiB"
        )
        from models.vlm.describer import Describer
        from models.vlm.loading import load

        loaded = load(checkpoint, where)
        try:
            describer = Describer(loaded, self._unwanted)
            describer.rehearse()
        except EngineError as error:
            raise EngineStartError(f"{checkpoint.name}: {error}") from None
        except Exception as error:
            text = f"it does not run: {self.failure(error, begun=True)}"
            raise EngineStartError(f"{checkpoint.name}: {one_line(text)}") from error
        report(
            f"a picture takes {describer.frame_tokens} of {describer.window} tokens; "
            f"pictures that were seen {'are not' if describer.reuses else 'are'} looked at again"
        )
        self.describer = describer

    def stop(self) -> None:
        """Ends the answer that is being made; from any thread."""
        self._stopped.set()

    def answer(self, request: GenerationRequest, sink: Sink[Delta]) -> None:
        """Puts the answer into ``sink``; ends without an end when nobody wants more.

        Raises:
            RefusedError: The request cannot be served.
            BusyError: No memory for it.
            FatalEngineError: The model is lost.
            EngineError: The model failed; it is ready for the next request.
        """
        if self._lost:
            raise FatalEngineError(self._lost)
        if self.describer is None:
            raise EngineError("the model is not loaded")
        self._stopped.clear()
        self._sink = sink
        telling = _Telling(sink)
        try:
            self._describe(request, telling)
        except Exception as error:
            if not self._unwanted():
                raise self.failure(error, begun=telling.begun) from error
            log.debug("an answer was broken off: %r", error)
        finally:
            self._sink = None

    def close(self) -> None:
        """Lets go of the model."""
        self.describer = None

    def failure(self, error: Exception, *, begun: bool) -> EngineError:
        """What the client is told; the model is ready for the next request, or lost."""
        from models.runtime.failures import described, is_device_lost, is_out_of_memory

        if isinstance(error, EngineError):
            return error
        if is_device_lost(error):
            self._lost = f"the device is lost: {described(error)}"
            return FatalEngineError(self._lost)
        if is_out_of_memory(error) or "DefaultCPUAllocator" in str(error):
            if self.describer is not None:
                self.describer.forget()
            text = "not enough memory for this request"
            return EngineError(text) if begun else BusyError(text)
        log.error("the model failed", exc_info=error)
        return EngineError(f"the model failed: {described(error)}")

    def _unwanted(self) -> bool:
        return self._stopped.is_set() or (self._sink is not None and self._sink.cancelled)

    def _describe(self, request: GenerationRequest, telling: _Telling) -> None:
        from models.vlm.generation import Sampling

        describer = self.describer
        count = describer.reader.count_tokens
        fitted = fit(request, describer.frame_tokens, count, window=describer.window)
        cut = fitted.request
        frames = []
        for frame in self._frames.decode(cut.pictures):
            if self._unwanted():
                return
            frames.append(frame)
        sampling = Sampling(cut.max_tokens, cut.temperature, cut.top_p, cut.seed)
        read, outcome = describer.describe(
            build(cut, frames),
            frames,
            sampling,
            telling.say,
            lambda: telling.notices(fitted.notices),
        )
        if not self._unwanted():
            telling.end(Finished(outcome.reason, read, outcome.tokens))


class _Telling:
    """What the client is told of one answer: clean text as it comes."""

    def __init__(self, sink: Sink[Delta]) -> None:
        self._sink = sink
        self._text = SpokenText()
        self.begun = False

    def notices(self, lines: tuple[str, ...]) -> None:
        for line in lines:
            self._put(Notice(line))

    def say(self, text: str) -> None:
        ready = self._text.push(text)
        if ready:
            self._put(TextDelta(ready))

    def end(self, finished: Finished) -> None:
        rest = self._text.flush()
        if rest:
            self._put(TextDelta(rest))
        self._put(finished)

    def _put(self, delta: Delta) -> None:
        self.begun = True
        self._sink.put(delta)
