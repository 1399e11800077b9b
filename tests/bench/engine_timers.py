"""Where a request's time goes: clocks around the model's parts."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch

PARTS = ("vision", "hearing", "prefill", "decode", "choosing", "speech tokens", "vocoder", "rest")


class Timers:
    """Seconds by part. Waits for the device at each border, which costs a little itself."""

    def __init__(self, model: Any) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._model = model
        self._hooks: list[Any] = []
        self._begun: list[tuple[str, float]] = []
        self._waiting: float | None = None
        self._stream: Any = None

    def start(self) -> None:
        model = self._model
        for name, modules in {
            "vision": (model.vpm, model.resampler),
            "hearing": (model.apm,),
            "speech tokens": (model.tts.model, *model.tts.head_code) if self._speaks else (),
        }.items():
            for module in modules:
                self._around(module, name)
        self._hooks.append(model.llm.register_forward_pre_hook(self._llm_begins))
        self._hooks.append(model.llm.register_forward_hook(self._llm_ends))
        embedding = model.llm.get_input_embeddings()
        self._hooks.append(embedding.register_forward_pre_hook(self._chosen))
        if self._speaks:
            vocoder = model.tts.audio_tokenizer
            self._stream = vocoder.stream
            vocoder.stream = self._timed("vocoder", self._stream)

    def stop(self) -> None:
        for hook in self._hooks:
            hook.remove()
        if self._stream is not None:
            del self._model.tts.audio_tokenizer.stream

    def split(self, whole: float) -> dict[str, float]:
        """Seconds by part, of ``whole`` seconds."""
        known = {part: self.seconds[part] for part in PARTS[:-1]}
        return known | {"rest": max(0.0, whole - sum(known.values()))}

    @property
    def _speaks(self) -> bool:
        speech = getattr(self._model, "tts", None)
        return speech is not None and speech.audio_tokenizer is not None

    def _around(self, module: Any, part: str) -> None:
        self._hooks.append(module.register_forward_pre_hook(lambda *_: self._begin(part)))
        self._hooks.append(module.register_forward_hook(lambda *_: self._end()))

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._begin(part)
            try:
                return function(*args, **kwargs)
            finally:
                self._end()

        return timed

    def _begin(self, part: str) -> None:
        self._begun.append((part, now()))

    def _end(self) -> None:
        part, begun = self._begun.pop()
        self.seconds[part] += now() - begun

    def _llm_begins(self, _module: Any, _args: Any) -> None:
        """A prompt is read by many tokens at a time, an answer is made by one."""
        self._begin("llm")

    def _llm_ends(self, _module: Any, _args: Any, output: Any) -> None:
        _, begun = self._begun.pop()
        part = "decode" if output.hidden_states is not None else "prefill"
        self.seconds[part] += now() - begun
        self._waiting = now() if part == "decode" else None

    def _chosen(self, _module: Any, args: tuple[Any, ...]) -> None:
        if self._waiting is not None and args[0].shape == (1, 1):
            self.seconds["choosing"] += now() - self._waiting
        self._waiting = None


def now() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def host_syncs(run: Callable[[], object]) -> int:
    """How often ``run`` asks the device for a number and has to wait for it."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        run()
    waits = ("aten::_local_scalar_dense", "aten::nonzero")
    return sum(event.count for event in profile.key_averages() if event.key in waits)
