"""The numbers of all jobs of a worker: each job keeps its own in a file, the worker adds them up.

These are the files of prometheus_client's multiprocess mode. That mode is switched on in the jobs
alone: in the worker LiveKit would go through all processes of the machine twice a second.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest, values
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

log = logging.getLogger("pressbox.worker")

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_FILE: Any = MmapedDict
_PAST = "past"
"""Stands for the process id in the files of those that have ended."""


def join(folder: str) -> None:
    """In a job's process: what is counted from now on goes into a file of that folder."""
    os.environ[_FOLDER] = folder
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def fold(folder: Path) -> None:
    """Add what ended processes have counted to the files of the past, and forget how they were."""
    for file in folder.glob("*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid == _PAST or Path(f"/proc/{pid}").exists():
            continue
        if not file.name.startswith("gauge"):
            past = _FILE(str(file.with_stem(f"{file.stem.partition('_')[0]}_{_PAST}")))
            try:
                for key, value, _, _ in _FILE.read_all_values_from_file(str(file)):
                    past.write_value(key, past.read_value(key)[0] + value, 0.0)
            finally:
                past.close()
        file.unlink()


class JobMetrics:
    """Serves `/metrics` of a worker, and `/health`."""

    def __init__(self, jobs: Callable[[], int], places: int) -> None:
        """`jobs()`: those that run; `places`: how many may."""
        self._folder = tempfile.TemporaryDirectory(prefix="pressbox-", ignore_cleanup_errors=True)
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        about = "Jobs that run, one a room"
        Gauge("pressbox_worker_jobs", about, registry=self.registry).set_function(jobs)
        about = "Jobs that may run"
        Gauge("pressbox_worker_places", about, registry=self.registry).set(places)
        self.registered = False
        """Whether the worker has been with its LiveKit server: what `/health` tells."""
        self._runner: web.AppRunner | None = None
        self._adding_up = asyncio.Lock()

    @property
    def folder(self) -> str:
        """For `join`."""
        return self._folder.name

    async def start(self, host: str, port: int) -> None:
        """Serve it there; where that cannot be had, it is said and nothing is served."""
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/health", self._health)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            log.warning("no /metrics on METRICS_PORT=%d: %s", port, error.strerror)

    async def aclose(self) -> None:
        """Stop. Idempotent; no job may run any more."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._folder.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(status=200 if self.registered else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        async with self._adding_up:
            body = await asyncio.to_thread(self._text)
        return web.Response(body=body, content_type="text/plain")

    def _text(self) -> bytes:
        fold(Path(self.folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, self.folder)  # type: ignore[no-untyped-call]
        return generate_latest(self.registry) + generate_latest(registry)
