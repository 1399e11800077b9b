"""A model at work: one request after the other, each on its own.

Everything here runs in the worker's thread and blocks.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence

from models.engine import (
    BusyError,
    Delta,
    EngineError,
    FatalEngineError,
    GenerationRequest,
    Picture,
)
from models.runtime.failures import described, is_device_lost, is_out_of_memory
from models.runtime.frames import Frames
from models.runtime.memory_watch import MemoryWatch
from models.runtime.outgoing import Outgoing
from models.runtime.parts import Frame
from models.runtime.stopping import Stopped
from speech.threads import Sink

log = logging.getLogger("engine")


class ModelSession(ABC):
    """What is the same for every model: how requests fail, and how they are stopped."""

    def __init__(self) -> None:
        self._frames = Frames()
        self._sink: Sink[Delta] | None = None
        self._lost = ""
        self._memory: MemoryWatch | None = None

    @abstractmethod
    def open(self) -> None:
        """Loads the model and lets it run once. Raises EngineStartError."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the model."""

    @abstractmethod
    def _answer(self, request: GenerationRequest, outgoing: Outgoing) -> None:
        """One answer. Raises Stopped, RefusedError, and whatever a model raises."""

    @abstractmethod
    def _clear(self, *, everything: bool) -> None:
        """Drops the request, and with ``everything`` all that is kept only to save work."""

    @property
    def shortage(self) -> str:
        """What there is too little of for requests like the newest; empty when all is well."""
        return self._memory.shortage if self._memory else ""

    def check(self) -> None:
        """Raises Stopped when nobody wants the answer any more."""
        if self._sink is not None and self._sink.cancelled:
            raise Stopped

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
        self._sink = sink
        outgoing = Outgoing(sink.put)
        failure, no_memory = None, False
        try:
            self._answer(request, outgoing)
        except Stopped:
            log.debug("an answer was broken off")
        except Exception as error:
            failure, no_memory = self.failure(error, begun=outgoing.begun), is_out_of_memory(error)
        finally:
            self._sink = None
        # Only here, where no frame of the model's code is held any more, can memory be given back.
        if not self._lost:
            self._clear(everything=no_memory)
        if failure is not None:
            raise failure

    def failure(self, error: Exception, *, begun: bool) -> EngineError:
        """What the client is told; ``begun``: it has been told something before."""
        if isinstance(error, EngineError):
            return error
        if is_device_lost(error):
            self._lost = f"the device is lost: {described(error)}"
            return FatalEngineError(self._lost)
        if is_out_of_memory(error):
            log.warning("no memory: %s", described(error))
            text = "not enough memory for this request"
            return EngineError(text) if begun else BusyError(text)
        log.error("the model failed", exc_info=error)
        return EngineError(f"the model failed: {described(error)}")

    def _frames_for(self, pictures: int) -> int:
        """How many pictures there is memory for. Raises BusyError."""
        return self._memory.frames_for(pictures) if self._memory else pictures

    def _decoded(self, pictures: Sequence[Picture]) -> list[Frame]:
        """Raises RefusedError, Stopped."""
        frames = []
        for frame in self._frames.decode(pictures):
            self.check()
            frames.append(frame)
        return frames
