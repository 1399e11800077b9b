"""A vision-language model at work for the engine: from a request to the model's answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.engine import EngineError, EngineStartError, GenerationRequest
from models.runtime.device import GIB, free_now
from models.runtime.limits import Limits, fit
from models.runtime.memory_watch import MemoryWatch
from models.runtime.outgoing import Outgoing
from models.runtime.prompt import build
from models.runtime.sampling import Sampling
from models.runtime.session import ModelSession
from models.runtime.text import one_line

log = logging.getLogger("engine")


class Session(ModelSession):
    """Owns the model. torch is imported when it opens."""

    def __init__(self, folder: Path, device: str, budget_gib: float = 0.0) -> None:
        """See `models.vlm.machine.place` for ``device`` and ``budget_gib``."""
        super().__init__()
        self._folder = folder
        self._device = device
        self._budget_gib = budget_gib
        self.describer: Any = None
        """A `models.vlm.describer.Describer` once it is open."""

    def open(self, report: Callable[[str], None] = log.info) -> None:
        from models.vlm.checkpoint import Checkpoint
        from models.vlm.machine import place, request_need

        checkpoint = Checkpoint.read(self._folder)
        where = place(checkpoint, self._device, self._budget_gib)
        report(
            f"{checkpoint.name}, {checkpoint.parameters / 1e6:.0f} million parameters, on "
            f"{where.device} as {where.dtype}, about {where.need / GIB:.1f} GiB"
        )
        from models.vlm.describer import Describer
        from models.vlm.loading import load

        loaded = load(checkpoint, where)
        try:
            describer = Describer(loaded, self.check)
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
        self._memory = MemoryWatch(
            where.device,
            request_need(checkpoint, where.dtype, describer.frame_tokens),
            lambda: free_now(where.device, int(self._budget_gib * GIB)),
            describer.forget,
        )
        self.describer = describer

    def close(self) -> None:
        self.describer = None

    def _answer(self, request: GenerationRequest, outgoing: Outgoing) -> None:
        describer = self.describer
        if describer is None:
            raise EngineError("the model is not loaded")
        limits = Limits(
            describer.frame_tokens,
            self._frames_for(len(request.pictures)),
            describer.window,
            describer.reader.count_tokens,
        )
        cut, notices = fit(request, limits)
        frames = self._decoded(cut.pictures)

        def ready() -> None:
            for notice in notices:
                outgoing.notice(notice)

        prompt, sampling = build(cut, frames), Sampling.of(cut)
        read, outcome = describer.describe(prompt, frames, sampling, outgoing.say, ready)
        outgoing.end(outcome.reason, read, outcome.tokens)

    def _clear(self, *, everything: bool) -> None:
        if everything and self.describer is not None:
            self.describer.forget()
