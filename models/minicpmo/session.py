"""MiniCPM-o at work for the engine: from a request to the model's answer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.engine import (
    HEARING_RATE,
    Delta,
    EngineError,
    EngineStartError,
    GenerationRequest,
    Notice,
)
from models.minicpmo import assets, memory
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.vocoder_files import readable
from models.minicpmo.voices import Voices
from models.runtime.device import GIB, found_device, free_now
from models.runtime.failures import described
from models.runtime.limits import Limits, fit
from models.runtime.memory_watch import MemoryWatch
from models.runtime.outgoing import Outgoing
from models.runtime.parts import Frame, Sound
from models.runtime.prompt import build
from models.runtime.session import ModelSession
from models.runtime.text import one_line

if TYPE_CHECKING:  # what imports torch is imported when it is opened
    from models.minicpmo.model import Model

log = logging.getLogger("engine")

REHEARSAL_TOKENS = 12


class Session(ModelSession):
    """Owns the model and the voices that it speaks with."""

    def __init__(
        self, checkpoint: Checkpoint, device: str, memory_gib: float, voices: Voices
    ) -> None:
        """
        Args:
            checkpoint: What to load.
            device: As in the settings: auto, cpu, cuda, cuda:N.
            memory_gib: The most it may take; 0: what is free.
            voices: Told how long a recording the memory allows.
        """
        super().__init__()
        self._checkpoint = checkpoint
        self._device = device
        self._memory_gib = memory_gib
        self.voices = voices
        self.model: Model | None = None

    @property
    def speaks(self) -> bool:
        """Whether the model has a voice; True until that is known."""
        return self.model is None or self.model.speaks

    def open(self) -> None:
        checkpoint, device = self._checkpoint, found_device(self._device)
        plan = memory.plan(checkpoint, device, self._memory_gib)
        kind = checkpoint.dtype(device)
        log.info("%s on %s as %s, about %.1f GiB", checkpoint.name, device, kind, plan.need.gib)
        if plan.notice:
            log.warning("%s", plan.notice)
        if plan.speech:
            self.voices.cut_to(plan.voice_seconds)
        try:
            self.model = self._loaded(device, checkpoint.token2wav if plan.speech else None)
        except Exception as error:
            raise _cannot("cannot be loaded", error) from error
        self._memory = MemoryWatch(
            device,
            memory.request_need(checkpoint, device, plan.voice_seconds),
            lambda: free_now(device, int(self._memory_gib * GIB)),
            lambda: self._clear(everything=True),
        )
        try:
            self._rehearse(self.model)
        except Exception as error:
            raise _cannot("is loaded and cannot answer", error) from error

    def close(self) -> None:
        if self.model is not None:
            self.model.forget(everything=True)
        self.model = None

    def _loaded(self, device: str, token2wav: Path | None) -> Model:
        from models.minicpmo.loading import load
        from models.minicpmo.model import Model

        files = token2wav and readable(token2wav, assets.installed_utils())
        return Model(load(self._checkpoint, device, files), self.check)

    def _answer(self, request: GenerationRequest, outgoing: Outgoing) -> None:
        model = self.model
        if model is None:
            raise EngineError("the model is not loaded")
        speaks = request.audio and model.speaks
        reference = self.voices.reference(request.voice) if speaks else None
        seconds = 0.0 if reference is None else len(reference.samples) / HEARING_RATE
        limits = Limits(
            memory.FRAME_TOKENS, self._frames_for(len(request.pictures)), voice_seconds=seconds
        )
        fitted, notices = fit(request, limits)
        frames = self._decoded(fitted.pictures)
        mute = "there is no voice to speak with" if speaks else "this model has no speech"
        if reference is not None and (mute := _set_voice(model, reference, request.voice)):
            reference = None
        model.prefill(build(fitted, frames, reference))
        for notice in notices:
            outgoing.notice(notice)
        if request.audio and reference is None:
            outgoing.mute(mute)
        model.generate(fitted, outgoing, speech=reference is not None)

    def _clear(self, *, everything: bool) -> None:
        if self.model is not None:
            self.model.forget(everything=everything)

    def _rehearse(self, model: Model) -> None:
        """So that everything has run once, and what cannot run is known now."""

        def told(delta: Delta) -> None:
            if isinstance(delta, Notice):
                log.warning("while starting: %s", delta.text)

        request = GenerationRequest(text="Say hello.", max_tokens=REHEARSAL_TOKENS)
        reference = self.voices.reference("") if model.speaks else None
        if reference is not None:
            model.set_voice(reference)
        grey = Frame(np.full((336, 602, 3), 128, np.uint8))
        model.prefill(build(request, [grey], reference))
        model.generate(request, Outgoing(told), speech=reference is not None)
        model.forget()


def _set_voice(model: Model, reference: Sound, name: str) -> str:
    """Why not; empty when it is set. Raises what a device raises."""
    try:
        model.set_voice(reference)
    except EngineError as error:
        log.warning("the voice %r: %s", name or "default", error)
        return str(error)
    return ""


def _cannot(what: str, error: Exception) -> EngineStartError:
    text = str(error) if isinstance(error, EngineError) else described(error)
    return EngineStartError(f"the model {what}: {one_line(text)}")
