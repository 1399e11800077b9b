"""How tokens are chosen."""

from __future__ import annotations

from dataclasses import dataclass

from models.engine import GenerationRequest


@dataclass(frozen=True, slots=True)
class Sampling:
    """What is None is the model's own choice.

    Attributes:
        max_tokens: The most tokens that are made, at least 1.
        temperature: 0 takes the likeliest token each time.
        top_p: Part of the probability that is chosen from.
        seed: Makes the choice repeatable; None leaves it to chance.
        least: Tokens that are made before the answer may end.
    """

    max_tokens: int
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    least: int = 0

    @classmethod
    def of(cls, request: GenerationRequest) -> Sampling:
        return cls(request.max_tokens, request.temperature, request.top_p, request.seed)
