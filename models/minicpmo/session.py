"""The model at work: one request after the other, and a clean model between them.

Everything here runs in the worker's thread and blocks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass, replace

import numpy as np

from models.engine import (
    HEARING_RATE,
    BusyError,
    Delta,
    EngineError,
    EngineStartError,
    FatalEngineError,
    Finished,
    GenerationRequest,
    Notice,
)
from models.minicpmo.answer import Answer
from models.minicpmo.backend import (
    Backend,
    BackendError,
    DeviceLost,
    OutOfMemory,
    Sampling,
    SpeechFailed,
)
from models.minicpmo.limits import fit
from models.minicpmo.voices import Voices
from models.runtime.frames import Frames
from models.runtime.parts import Frame, Sound
from models.runtime.prompt import build
from models.runtime.text import one_line
from speech.threads import Sink

log = logging.getLogger("engine")

REHEARSAL_TOKENS = 12
MUTE = "speech failed: {}; the text goes on"


@dataclass(slots=True)
class _Job:
    """A request that is ready for the model; ``reference`` is None where nothing is spoken."""

    request: GenerationRequest
    frames: list[Frame]
    reference: Sound | None
    notices: list[str]


class Session:
    """Owns the backend and what goes into it."""

    def __init__(
        self, make: Callable[[], Backend], voices: Voices, frames: Frames | None = None
    ) -> None:
        """``make`` finds out how the model can run here; it raises EngineStartError."""
        self._make = make
        self._made: Backend | None = None
        self._voices = voices
        self._frames = frames or Frames()
        self._lost = ""

    @property
    def speaks(self) -> bool:
        """Whether the model has a voice; True until that is known."""
        return self._made is None or self._made.speaks

    def open(self) -> None:
        """Loads the model and lets it run once. Raises EngineStartError."""
        try:
            backend = self._make()
            self._load(backend)
        except (BackendError, EngineError) as error:
            raise EngineStartError(one_line(str(error))) from error
        try:
            self._rehearse()
        except (BackendError, EngineError) as error:
            text = f"the model is loaded and cannot answer: {one_line(str(error))}"
            raise EngineStartError(text) from error

    def stop(self) -> None:
        """Ends the answer that is being made; from any thread."""
        if self._made is not None:
            self._made.stop()

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
        job = self._prepared(request, sink)
        if job is None:
            return
        begun = ended = False
        try:
            with closing(self._deltas(job, sink)) as deltas:
                for delta in deltas:
                    begun = True
                    if not sink.put(delta):
                        break
                    ended = isinstance(delta, Finished)
        except Exception as error:
            raise self._failure(error, begun) from error
        if not ended:
            self._reset()

    def close(self) -> None:
        """Lets go of the model."""
        if self._made is not None:
            self._made.close()

    @property
    def _backend(self) -> Backend:
        if self._made is None:
            raise EngineError("the model is not loaded")
        return self._made

    def _load(self, backend: Backend) -> None:
        try:
            backend.load()
        except BaseException:
            with suppress(Exception):  # what went wrong first is what counts
                backend.close()
            raise
        self._made = backend

    def _prepared(self, request: GenerationRequest, sink: Sink[Delta]) -> _Job | None:
        """None when nobody wants the answer any more. Raises RefusedError."""
        speaks = request.audio and self._backend.speaks
        reference = self._voices.reference(request.voice) if speaks else None
        fitted = fit(request, 0.0 if reference is None else len(reference.samples) / HEARING_RATE)
        frames = []
        for frame in self._frames.decode(fitted.request.pictures):
            if sink.cancelled:
                return None
            frames.append(frame)
        notices = list(fitted.notices)
        if request.audio and reference is None:
            why = "there is no voice to speak with" if speaks else "this model has no speech"
            notices.append(MUTE.format(why))
        return None if sink.cancelled else _Job(fitted.request, frames, reference, notices)

    def _deltas(self, job: _Job, sink: Sink[Delta]) -> Generator[Delta, None, None]:
        self._set_voice(job)
        self._backend.prefill(build(job.request, job.frames, job.reference))
        if sink.cancelled:
            return
        yield from map(Notice, job.notices)
        answer = Answer()
        pieces = self._backend.generate(_sampling(job.request), speech=job.reference is not None)
        with closing(pieces):
            for piece in pieces:
                yield from answer.translate(piece)
        if not answer.finished and not sink.cancelled:
            raise EngineError("the model broke off its answer")

    def _set_voice(self, job: _Job) -> None:
        """Without a voice the text goes on alone."""
        if job.reference is None:
            return
        try:
            self._backend.set_voice(job.reference)
        except (OutOfMemory, DeviceLost):
            raise
        except BackendError as error:
            log.warning("the voice %r: %s", job.request.voice or "default", error)
            self._backend.reset()
            job.reference = None
            job.notices.append(MUTE.format(one_line(str(error))))

    def _failure(self, error: Exception, begun: bool) -> EngineError:
        """What the client is told; the model is made ready for the next request."""
        text = one_line(str(error))
        if isinstance(error, DeviceLost):
            self._lost = f"the device is lost: {text}"
            return FatalEngineError(self._lost)
        if not isinstance(error, BackendError | EngineError):
            log.error("the model failed", exc_info=error)
            text = "the model failed, the log of the engine says how"
        self._reset()
        if self._lost:
            return FatalEngineError(self._lost)
        if isinstance(error, OutOfMemory) and not begun:
            return BusyError(text)
        return EngineError(text)

    def _reset(self) -> None:
        try:
            self._backend.reset()
        except Exception as error:
            log.error("the model cannot be brought back", exc_info=error)
            self._lost = "the model cannot be brought back after a failure"

    def _rehearse(self) -> None:
        """So that everything has run once, and what cannot run is known now."""
        request = GenerationRequest(text="Say hello.", max_tokens=REHEARSAL_TOKENS)
        reference = self._voices.reference("") if self._backend.speaks else None
        if reference is not None:
            self._backend.set_voice(reference)
        grey = Frame(np.full((336, 602, 3), 128, np.uint8))
        self._backend.prefill(build(request, [grey], reference))
        for piece in self._backend.generate(_sampling(request), speech=reference is not None):
            if isinstance(piece, SpeechFailed):
                log.warning("speech failed while starting: %s", piece.reason)
        self._backend.reset()


def _sampling(request: GenerationRequest) -> Sampling:
    """What the client leaves open is the model's own choice."""
    sampling = Sampling(max_tokens=request.max_tokens, seed=request.seed)
    if request.temperature is not None:
        sampling = replace(sampling, temperature=request.temperature)
    if request.top_p is not None:
        sampling = replace(sampling, top_p=request.top_p)
    return sampling
