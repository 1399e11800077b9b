"""Before a worker ends, other workers take over its rooms."""

from __future__ import annotations

import asyncio
import logging

from livekit import api
from livekit.agents import AgentServer
from livekit.agents.job import RunningJobInfo

from agent.room.only_booth import DRAINING
from config.agent_name import AGENT_NAME, is_ours
from config.server_api import ERRORS, server_api
from config.settings import Settings

log = logging.getLogger("pressbox.worker")

LIMIT = 8.0
"""Seconds for all of it: Docker kills what has not ended after 10."""
TAKEN_WITHIN = 2.0
"""Seconds for another worker's agent to come into a room; without one there is nobody."""
LOOK_EVERY = 0.2


async def drain(server: AgentServer, settings: Settings) -> None:
    """Take no more jobs, and wait until others go on in the rooms of those under way.

    livekit-server 1.13.5 sends no other agent for a dispatch whose worker drains, so a second
    dispatch is made; the first one is withdrawn by its booth (`agent.room.succession`).
    """
    jobs = server.active_jobs
    try:
        async with (
            asyncio.timeout(LIMIT),
            server_api(settings) as lkapi,
            asyncio.TaskGroup() as group,
        ):
            drained = group.create_task(server.drain(timeout=None))
            taken = await asyncio.gather(*(_taken_over(lkapi, job) for job in jobs))
            if not any(taken):
                drained.cancel()
    except* ERRORS as errors:
        log.info("not all rooms were taken over: %s", type(errors.exceptions[0]).__name__)


async def _taken_over(lkapi: api.LiveKitAPI, info: RunningJobInfo) -> bool:
    """Whether another agent came into the room of this job."""
    room, identity = info.job.room.name, info.accept_arguments.identity
    before = await _agents(lkapi, room)
    await lkapi.room.update_participant(
        api.UpdateParticipantRequest(room=room, identity=identity, attributes={DRAINING: "true"})
    )
    dispatch = await lkapi.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(agent_name=AGENT_NAME, room=room, metadata=info.job.metadata)
    )
    loop = asyncio.get_running_loop()
    until = loop.time() + TAKEN_WITHIN
    while loop.time() < until:
        await asyncio.sleep(LOOK_EVERY)
        if await _agents(lkapi, room) - before:
            return True
    log.info("room %s: no other worker takes it", room)
    await lkapi.agent_dispatch.delete_dispatch(dispatch.id, room)
    return False


async def _agents(lkapi: api.LiveKitAPI, room: str) -> set[str]:
    listed = await lkapi.room.list_participants(api.ListParticipantsRequest(room=room))
    return {one.identity for one in listed.participants if is_ours(one)}
