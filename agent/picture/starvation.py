"""When a picture that should come does not, and the track must be subscribed to anew. Pure."""

from __future__ import annotations

STARVED_AFTER = 1.5
"""Seconds without a picture after which it is asked whether LiveKit still decodes any."""

SILENT_AFTER = 6.0
"""Seconds without a picture, whatever LiveKit says, after which a subscription is made anew, and
again after as many.
"""


class Starvation:
    """Decides for one watched track.

    Seen on a busy machine, in a quarter of the starts, shortly after our own tracks were
    published: LiveKit goes on to receive and decode the source, and hands no picture on, to a new
    reader of the same track neither. Only a new subscription helps, at times only the second.
    """

    def __init__(self) -> None:
        self._since = 0.0
        self._decoded: int | None = None

    def rest(self, now: float) -> None:
        """No picture is expected now, so none is missing: what is missing counts from here."""
        self._since, self._decoded = now, None

    def asks(self, now: float, last_picture: float) -> bool:
        """Whether `due` wants to know how many pictures were decoded; seconds, monotonic."""
        self._since = max(self._since, last_picture)
        if now - self._since > STARVED_AFTER:
            return True
        self._decoded = None
        return False

    def due(self, now: float, decoded: int | None) -> bool:
        """Whether to subscribe anew now.

        Args:
            decoded: Pictures of the track that LiveKit has decoded so far, None: not known.
        """
        before, self._decoded = self._decoded, decoded
        starved = before is not None and decoded is not None and decoded > before
        if starved or now - self._since > SILENT_AFTER:
            self._since, self._decoded = now, None
            return True
        return False
