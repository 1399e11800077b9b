"""The worker: takes jobs from LiveKit and runs one booth in each job's process."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import math
import signal
from collections.abc import Mapping

import cv2
from livekit import rtc
from livekit.agents import AgentServer, AutoSubscribe, JobContext, JobProcess, telemetry
from opentelemetry.trace import NoOpTracerProvider

from agent import drain, job_metrics, left_behind
from agent.booth import Booth
from agent.hearing import voice_activity
from agent.job_metrics import JobMetrics
from agent.places import Places
from agent.room.chosen import choose, heeded
from agent.room.dispatch import Dispatch
from agent.room.only_booth import OnlyBooth
from agent.room.succession import Yielding
from agent.surroundings import in_livekit
from config import log as log_setup
from config import profiles, tracing
from config.agent_name import AGENT_NAME
from config.room_state import RoomState
from config.settings import Settings

log = logging.getLogger("pressbox.worker")

RECONNECTS = 1_000_000
"""LiveKit's worker gives up after `max_retry` lost connections; a booth's worker is to wait for its
server for ever.
"""

JOIN_LIMIT = 10.0
"""Seconds to join a room in. After 15 LiveKit tries again, and opens a room that was closed."""


def make_server(settings: Settings, metrics: str = "") -> AgentServer:
    """A LiveKit Agents server for these settings; it takes `agent_load_limit` booths. metrics:
    folder that its jobs count in, "" for none.
    """
    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
        host="127.0.0.1",
        port=0,
        num_idle_processes=1,
        max_retry=RECONNECTS,
        # LiveKit's own limit takes a job that is being launched for a full worker.
        load_threshold=math.inf,
        setup_fnc=functools.partial(_prepare, settings, metrics),
        log_level=settings.log_level,
    )
    places = Places(server, settings.agent_load_limit)
    server.load_fnc = places.load
    server.rtc_session(run_booth, agent_name=AGENT_NAME, on_request=places.answer)
    return server


def _encryption(settings: Settings) -> rtc.E2EEOptions | None:
    """For rooms with end-to-end encryption; what is not encrypted in them is read all the same."""
    key = settings.room_key.get_secret_value().encode()
    options = rtc.KeyProviderOptions(shared_key=key)
    return rtc.E2EEOptions(key_provider_options=options) if key else None


def _prepare(settings: Settings, metrics: str, process: JobProcess) -> None:
    process.userdata["settings"] = settings
    if metrics:
        job_metrics.join(metrics)
    if tracing.setup("agent", settings.otlp_endpoint):
        # LiveKit's own span of a job would be the parent of all that goes on in it.
        telemetry.set_tracer_provider(NoOpTracerProvider())
    profiles.use(settings.profile_dir)
    voice_activity.load()
    cv2.setNumThreads(1)  # its pool spins while it waits: two threads take twice the CPU


async def run_booth(context: JobContext) -> None:
    """One job: join the room, run its booth until the job ends."""
    settings: Settings = context.proc.userdata["settings"]
    state = RoomState(settings.state_dir, context.job.room.name)
    await asyncio.to_thread(profiles.refresh)  # this process may have waited for hours
    job = context.job
    saved = heeded(await asyncio.to_thread(state.load), job.metadata, job.room.sid)
    chosen = choose(settings.room_settings(), job.metadata, saved)
    for problem in chosen.problems:
        log.warning("room %s: %s", context.job.room.name, problem)
    if not await _joined(context, settings):
        return
    dispatch = Dispatch(context, settings)
    only = OnlyBooth(context.room, leave=dispatch.end)
    context.add_shutdown_callback(only.aclose)
    if not await only.alone():
        return
    await asyncio.to_thread(_keep, state, saved)
    has_key = bool(settings.room_key.get_secret_value())
    at = in_livekit(context.room, has_key=has_key, after=only.follows)
    booth = Booth(at, settings, chosen, state=state)
    yielding = Yielding(context.room, booth.finish, dispatch.end, log.warning)

    async def close() -> None:
        await yielding.aclose()
        await booth.aclose()
        await asyncio.to_thread(tracing.shutdown)

    context.add_shutdown_callback(close)
    yielding.start()
    try:
        await booth.start()
    except Exception:
        # Who is sent away in the midst of it has not failed.
        if context.room.isconnected():
            raise


def _keep(state: RoomState, saved: Mapping[str, object]) -> None:
    try:
        if saved != state.load():
            state.save(saved)
    except OSError as error:
        log.warning("%s is as it was: %s", state.path, error.strerror or type(error).__name__)


async def _joined(context: JobContext, settings: Settings) -> bool:
    """Join the room. LiveKit does not notice that the room is closed in the midst of it."""
    try:
        async with asyncio.timeout(JOIN_LIMIT):
            await context.connect(
                auto_subscribe=AutoSubscribe.SUBSCRIBE_NONE, encryption=_encryption(settings)
            )
    except TimeoutError:
        why = f"room {context.job.room.name} could not be joined within {JOIN_LIMIT:g} s"
        log.warning("%s", why)
        context.shutdown(why)
        return False
    return True


async def run(settings: Settings, *, alone: bool = False) -> None:
    """Run the worker until SIGINT or SIGTERM; jobs under way are ended. alone: with
    `left_behind` at the start and `drain` at the end.
    """
    log_setup.begin("agent", settings)
    if alone:
        await left_behind.remove(settings)
    metrics = JobMetrics(lambda: len(server.active_jobs), settings.agent_load_limit)
    server = make_server(settings, metrics.folder if settings.metrics_port else "")
    if settings.metrics_port:
        host = "0.0.0.0" if settings.metrics_open else "127.0.0.1"
        await metrics.start(host, settings.metrics_port)
    server.on("worker_registered", lambda *_: setattr(metrics, "registered", True))
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.run(), name="agent.server")
    stopping = asyncio.create_task(stop.wait(), name="agent.stop")
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not serving.done():
        if alone:
            await drain.drain(server, settings)
        await server.aclose()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    await metrics.aclose()


__all__ = ["make_server", "run", "run_booth"]
