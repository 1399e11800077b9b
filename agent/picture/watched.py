"""What the rest of a booth sees of its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from agent.picture.ingress_state import IngressState
from agent.picture.liveness import Received
from agent.picture.published import Track


class Watched(Protocol):
    """A source, there or not. Those with a docstring in `Source` are the same here.

    Attributes:
        watched: The track that is watched; None for none.
        wanted: Identity of the one to watch, there or not; "" for the newest camera.
        passed_over: Who would be watched but cannot be seen, and why, one line; "" for nobody.
    """

    watched: Track | None
    wanted: str
    passed_over: str

    @property
    def identity(self) -> str:
        """Whose picture it is; "" for nobody's."""

    def start(self, wanted: str) -> None:
        """Begin to watch."""

    def want(self, identity: str) -> None:
        """Watch this one from now on."""

    def states(self) -> Mapping[str, IngressState]:
        """What each ingress says of itself, by identity."""

    async def received(self) -> Received | None:
        """What has been received so far; None: not known."""

    def renew(self) -> None:
        """The picture should be there and does not come."""

    def give_up(self) -> None:
        """It will not come."""

    def later(self, capture: float) -> float:
        """A capture time later than that of the picture before."""

    async def aclose(self) -> None:
        """Stop. Idempotent."""
