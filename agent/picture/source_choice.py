"""Which of a room's video tracks the booth watches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A published video track. `order` grows with each publication that the booth has seen."""

    sid: str
    identity: str
    order: int
    muted: bool
    screen: bool
    agent: bool
    """Published by an agent, this one included: watched only when it is named."""
    model: bool = False
    """An ingress's small second picture, for the engine: never watched."""


def choose(candidates: Iterable[Candidate], wanted: str) -> Candidate | None:
    """Pick the track to watch.

    With an identity in `wanted` only that participant counts, its camera before its screen.
    Otherwise the newest camera of anyone but an agent; cameras that are switched off, then screens,
    only where there is nothing better.
    """
    eligible = [
        c for c in candidates if not c.model and (c.identity == wanted if wanted else not c.agent)
    ]
    return max(eligible, key=lambda c: (not c.muted, not c.screen, c.order), default=None)
