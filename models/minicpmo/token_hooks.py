"""Watches the model's own generation loop from outside: each token as it is chosen.

The loop of the checkpoint's code gives its text ten tokens at a time, stops at tens of tokens and
never in between. Hooks on the modules that it calls see every token, end the loop at any of them,
and put the end of the turn where the cap is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch

from models.runtime.sampling import Sampling

END_OF_SPEECH = "<|tts_eos|>"
"""The token with which the model itself ends a turn that is spoken."""

PENALTY = 1.02
FIRST_CHUNK = 11
CHUNK = 10
PENALTY_WINDOW = 128
"""How the code's loop counts its tokens when it holds repetitions down."""


class TokenHooks:
    """Hooks on one model. Idle until ``arm``."""

    def __init__(self, model: Any) -> None:
        tokenizer = model.processor.tokenizer
        self._end = tokenizer.convert_tokens_to_ids(END_OF_SPEECH)
        never = _take_bad_tokens(tokenizer)
        self._never = torch.tensor(never, dtype=torch.long, device=model.device)
        self._on_token: Callable[[int], None] | None = None
        self._sampling = Sampling(max_tokens=1)
        self._choosing = False
        self._resumed: list[int] = []
        self.tokens: list[int] = []
        self.part: Literal["text", "speech"] = "text"
        self.capped = False
        self._hook(model)

    def arm(
        self,
        sampling: Sampling,
        on_token: Callable[[int], None],
        resumed: Sequence[int] = (),
    ) -> None:
        """Watch an answer; ``resumed`` are its tokens so far, which the model then reads first."""
        self._sampling = sampling
        self._on_token = on_token
        self._resumed = list(resumed)
        self.tokens = list(resumed)
        self._choosing = False
        self.capped = False
        self.part = "speech"

    def disarm(self) -> None:
        self._on_token = None

    @property
    def fresh(self) -> bool:
        """Whether no token has been chosen since ``arm``."""
        return len(self.tokens) == len(self._resumed)

    @property
    def ended(self) -> bool:
        """Whether the model has chosen to end its turn, as far as is known outside the text part.

        A token that ends the turn is never looked up in the embedding, all others are.
        """
        return self._choosing and self.part == "speech"

    def _hook(self, model: Any) -> None:
        model.llm.get_input_embeddings().register_forward_pre_hook(self._embedding)
        model.llm.register_forward_pre_hook(self._before_llm, with_kwargs=True)
        model.llm.register_forward_hook(self._after_llm)
        speech = getattr(model, "tts", None)
        if speech is not None:
            speech.emb_text.register_forward_pre_hook(self._speaking)
            speech.model.register_forward_pre_hook(self._speaking)

    def _embedding(self, _module: Any, args: tuple[torch.Tensor]) -> tuple[torch.Tensor] | None:
        """Each chosen token passes here; before the first one, what opens the turn does."""
        if self._on_token is None:
            return None
        (ids,) = args
        if ids.shape != (1, 1):
            return (torch.cat([ids, ids.new_tensor([self._resumed])], dim=1),)
        self._choosing = False
        token = int(ids)
        self.tokens.append(token)
        self._on_token(token)
        return None

    def _before_llm(
        self, _module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Only the last position is ever chosen from: no logits for a whole prompt."""
        self.part = "text"
        return args, {**kwargs, "logits_to_keep": 1}

    def _after_llm(self, _module: Any, _args: Any, output: Any) -> None:
        if self._on_token is None:
            return
        self._choosing = True
        logits = output.logits[:, -1:, :].float()
        if len(self.tokens) >= self._sampling.max_tokens:
            self.capped = True
            logits.fill_(-torch.inf)
            logits[..., self._end] = 0.0
        else:
            self._hold_down(logits[0, 0])
        output.logits = logits

    def _hold_down(self, logits: torch.Tensor) -> None:
        """What the code does with repeated and with unwanted tokens, without a sync for each."""
        logits.index_fill_(0, self._never, -torch.inf)
        if recent := penalised(self.tokens):
            ids = torch.tensor(recent, device=logits.device)
            values = logits[ids]
            logits[ids] = torch.where(values > 0, values / PENALTY, values * PENALTY)

    def _speaking(self, _module: Any, _args: Any) -> None:
        if self._on_token is not None:
            self.part = "speech"


def penalised(tokens: Sequence[int]) -> list[int]:
    """The tokens that the code's loop holds down next: its chunk, and 128 tokens before that."""
    made = len(tokens)
    begun = 0 if made < FIRST_CHUNK else made - (made - FIRST_CHUNK) % CHUNK
    return sorted(set(tokens[max(0, begun - PENALTY_WINDOW) :]))


def _take_bad_tokens(tokenizer: Any) -> list[int]:
    """Ids that are never chosen; taken from the tokenizer, whose list is copied for each token."""
    never = sorted(set(getattr(tokenizer, "bad_token_ids", ())))
    tokenizer._bad_token_ids = []
    return never
