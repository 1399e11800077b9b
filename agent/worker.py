"""The worker: takes jobs from LiveKit and runs one booth in each job's process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal

from livekit.agents import AgentServer, AutoSubscribe, JobContext, JobProcess

from agent.booth import Booth
from agent.room import room_settings
from config import log as log_setup
from config.room_state import RoomState
from config.settings import Settings, load_settings

log = logging.getLogger("pressbox.worker")

AGENT_NAME = "pressbox"

RECONNECTS = 1_000_000
"""LiveKit's worker gives up after `max_retry` lost connections; a booth's worker is to wait for its
server for ever.
"""


def make_server(settings: Settings) -> AgentServer:
    """A LiveKit Agents server for these settings; it takes `agent_load_limit` booths."""
    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
        host="127.0.0.1",
        port=0,
        num_idle_processes=1,
        max_retry=RECONNECTS,
        load_threshold=1.0,
        load_fnc=lambda server: len(server.active_jobs) / settings.agent_load_limit,
        setup_fnc=_prepare,
        log_level=settings.log_level,
    )
    server.rtc_session(run_booth, agent_name=AGENT_NAME)
    return server


def _prepare(process: JobProcess) -> None:
    """Read the settings once, before a job needs them."""
    process.userdata["settings"] = load_settings()


async def run_booth(context: JobContext) -> None:
    """One job: join the room, run its booth until the job ends."""
    settings: Settings = context.proc.userdata["settings"]
    state = RoomState(settings.state_dir, context.job.room.name)
    chosen, problems = room_settings.from_metadata(settings.room_settings(), context.job.metadata)
    chosen, stale = room_settings.apply_each(chosen, await asyncio.to_thread(state.load))
    for problem in [*problems, *stale]:
        log.warning("room %s: %s", context.job.room.name, problem)
    await context.connect(auto_subscribe=AutoSubscribe.SUBSCRIBE_NONE)
    booth = Booth(context.room, settings, chosen, state=state, problems=problems)
    context.add_shutdown_callback(booth.aclose)
    await booth.start()


async def run(settings: Settings) -> None:
    """Run the worker until SIGINT or SIGTERM; jobs under way are ended."""
    log_setup.setup("agent", settings.log_level)
    server = make_server(settings)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.run(), name="agent.server")
    stopping = asyncio.create_task(stop.wait(), name="agent.stop")
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not serving.done():
        await server.aclose()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


__all__ = ["AGENT_NAME", "make_server", "run", "run_booth"]
