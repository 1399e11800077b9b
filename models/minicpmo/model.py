"""A loaded model, driven by the code that comes with its checkpoint."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, Literal

import torch

from models.engine import GenerationRequest
from models.minicpmo.answer import Answer
from models.minicpmo.loading import Loaded
from models.minicpmo.prompt_state import PromptState
from models.minicpmo.speaker_voice import SpeakerVoice
from models.minicpmo.token_hooks import TokenHooks
from models.runtime.outgoing import Outgoing
from models.runtime.parts import Prompt, Sound
from models.runtime.sampling import Sampling
from models.runtime.stopping import make_stoppable


class Model:
    """One model, with the state of one request. Used from one thread."""

    def __init__(self, loaded: Loaded, check: Callable[[], None]) -> None:
        """``check`` is asked all the time; it raises Stopped when an answer is to end."""
        self.speaks = not loaded.mute
        self.remote = loaded.model
        """The checkpoint's own."""
        self.hooks = TokenHooks(loaded.model)
        self.state = PromptState(loaded.model)
        self.voice = SpeakerVoice(loaded.model)
        self._check = check
        make_stoppable(loaded.model, check)
        for part in _vocoder_parts(loaded.model) if self.speaks else []:
            part.register_forward_pre_hook(lambda *_: check())

    def set_voice(self, reference: Sound) -> None:
        """Speak like ``reference`` from now on; cheap for one that it has had lately.

        Raises EngineError for a recording of no use.
        """
        with torch.inference_mode():
            self.voice.use(reference)

    def prefill(self, prompt: Prompt) -> None:
        """Takes a prompt in, forgetting every earlier request.

        Raises EngineError when the prompt cannot be taken in.
        """
        with torch.inference_mode():
            self.state.take(prompt)

    def generate(self, request: GenerationRequest, outgoing: Outgoing, *, speech: bool) -> None:
        """The answer to what was prefilled, once: text token by token, speech in chunks, its end.

        Of ``request`` only what it says of the choice of tokens counts.
        """
        answer = Answer(self.remote, self.hooks, self.state, Sampling.of(request), self._check)
        try:
            with torch.inference_mode():
                answer.make(outgoing, speech=speech)
        finally:
            self.voice.rest()
        reason: Literal["stop", "length"] = "length" if self.hooks.capped else "stop"
        outgoing.end(reason, self.state.tokens, len(self.hooks.tokens))

    def forget(self, *, everything: bool = False) -> None:
        """The request; with ``everything`` also what is kept of system parts, to free memory."""
        self.state.forget()
        if everything:
            self.state.forget_prefixes()
            free_memory()


def _vocoder_parts(model: Any) -> list[Any]:
    """What runs often enough to be stopped at: a second of speech takes it much longer than 0.1 s
    where the device is slow. Blocks of its flow are not called; what is first in each of them is.
    """
    vocoder = model.tts.audio_tokenizer
    blocks = [block.adaLN_modulation for block in vocoder.flow.decoder.estimator.blocks]
    return [*blocks, *vocoder.hift.ups, *vocoder.hift.resblocks]


def free_memory() -> None:
    """Gives back what no tensor holds any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
