"""How many jobs a worker takes."""

from __future__ import annotations

import logging
import socket

from livekit.agents import AgentServer, JobRequest

from agent.left_behind import HOST_ATTRIBUTE

log = logging.getLogger("pressbox.worker")

STEEP = 8
MOST = 0.65
"""Of several livekit-servers none hands a job to a worker whose load is 0.7 (`agents.target_load`),
and a full worker is asked nothing until it has told, seconds later, that it is not full any more.
"""


class Places:
    """Answers the offers of jobs: as many are taken as there are places, also where several are
    offered at one moment.
    """

    def __init__(self, server: AgentServer, limit: int) -> None:
        self._server = server
        self._limit = limit
        self._coming: set[str] = set()

    def load(self) -> float:
        """What LiveKit chooses between workers by: by lot, weighted by what is left of 1. Steep, so
        that rooms spread; and below MOST also where all places are taken.
        """
        free = 1.0 - len(self._taken()) / self._limit
        return MOST * (1.0 - free**STEEP)

    async def answer(self, offer: JobRequest) -> None:
        """Take the job, or leave it to another worker."""
        if len(self._taken()) >= self._limit:
            room = offer.room.name
            log.info("room %s: all %d places are taken", room, self._limit, extra={"room": room})
            await offer.reject(terminate=False)
            return
        self._coming.add(offer.id)
        try:
            await offer.accept(attributes={HOST_ATTRIBUTE: socket.gethostname()})
        finally:
            self._coming.discard(offer.id)

    def _taken(self) -> set[str]:
        # A job that is being launched is in both for a moment.
        return self._coming | {info.job.id for info in self._server.active_jobs}
