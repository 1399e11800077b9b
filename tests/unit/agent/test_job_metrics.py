"""Several processes count in one folder; one that dies leaves nothing wrong behind."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from agent.job_metrics import JobMetrics
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[3]

JOB = """
import sys
from agent import job_metrics
from agent.clock.display_clock import DisplayClock
from agent.metrics import BoothMetrics
from livekit.plugins.pressbox.commentator import Lines, new_line
from agent.room.status import Status
job_metrics.join(sys.argv[1])
metrics = BoothMetrics(DisplayClock(2.0))
lines = Lines(lambda: 5.0)
lines.listen(metrics.changed)
line = new_line("commentary", anchor=1.0, requested_at=1.0)
lines.add(line)
lines.move(line, "ready")
metrics._look(Status(viewers=3, delay=float(sys.argv[2])), 0)
print("counted", flush=True)
sys.stdin.read()
"""


class Worker:
    """What serves the numbers, and its jobs."""

    def __init__(self) -> None:
        self.port = free_port()
        self.metrics = JobMetrics(lambda: 1, 4)
        self.jobs: list[asyncio.subprocess.Process] = []

    async def job(self, delay: float) -> asyncio.subprocess.Process:
        words = (sys.executable, "-c", JOB, self.metrics.folder, str(delay))
        pipe = asyncio.subprocess.PIPE
        job = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdin=pipe, stdout=pipe)
        self.jobs.append(job)
        assert job.stdout is not None
        assert await job.stdout.readline() == b"counted\n"
        return job

    async def read(self) -> dict[str, float]:
        url = f"http://127.0.0.1:{self.port}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            families = list(text_string_to_metric_families(await answer.text()))
        assert len({one.name for one in families}) == len(families)
        samples = [one for family in families for one in family.samples]
        return {one.name + "".join(map(str, one.labels.values())): one.value for one in samples}


@pytest_asyncio.fixture
async def worker() -> AsyncIterator[Worker]:
    made = Worker()
    await made.metrics.start("127.0.0.1", made.port)
    yield made
    for job in made.jobs:
        if job.returncode is None:
            job.kill()
        await job.wait()
    await made.metrics.aclose()
    await made.metrics.aclose()
    assert not os.path.exists(made.metrics.folder)  # noqa: ASYNC240


async def test_jobs_are_added_up_and_the_dead_keep_only_what_was_counted(worker: Worker) -> None:
    first, second = await asyncio.gather(worker.job(2.0), worker.job(3.0))
    told = await worker.read()
    assert told["pressbox_booth_lines_totalcommentary"] == 2
    assert told["pressbox_booth_viewers"] == 6
    assert told["pressbox_booth_delay_seconds"] == 3
    for job in (first, second):
        job.kill()
        await job.wait()
    await worker.job(2.5)
    for _ in range(2):
        told = await worker.read()
        assert told["pressbox_booth_lines_totalcommentary"] == 3
        assert told["pressbox_booth_ready_seconds_sumcommentary"] == 3 * 4.0
        assert told["pressbox_booth_ready_seconds_bucketcommentary5.0"] == 3
        assert told["pressbox_booth_viewers"] == 3
        assert told["pressbox_booth_delay_seconds"] == 2.5
    left = {name.removesuffix(".db").split("_")[-1] for name in os.listdir(worker.metrics.folder)}
    assert left == {"past", str(worker.jobs[-1].pid)}
