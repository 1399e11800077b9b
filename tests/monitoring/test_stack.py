"""A running stack as those see it who watch over it: Prometheus, traces, the log."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml

from config.admin_token import FILE_NAME
from tests.monitoring.otlp_receiver import Received, otlp_receiver
from tests.monitoring.prometheus import FOLDER, PROGRAM, Prometheus, prometheus
from tests.support.launched import Running

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif("PRESSBOX_TEST_MONITORING" not in os.environ, reason="make test-monitoring"),
    pytest.mark.skipif(PROGRAM is None, reason="there is no prometheus: apt install prometheus"),
    pytest.mark.asyncio(loop_scope="module"),
]

DASHBOARD = FOLDER.parent / "grafana/dashboards/pressbox.json"
COMPARED = re.compile(r"\s(==|>=|>)\s[\d.]+$")
HEARD = (
    "pressbox_booth_lines_spoken_total{kind='answer'}",
    "rate(pressbox_booth_lines_spoken_total{kind='commentary'}[30s]) > 0",
)
TRACE = {
    ("pressbox-agent", "question"),
    ("pressbox-agent", "line"),
    ("pressbox-agent", "slot"),
    ("pressbox-agent", "heard"),
    ("pressbox-engine", "chat sketch"),
    ("pressbox-engine", "queue"),
}
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Watched:
    """A stack with a viewer, a question that was answered, and what watches over it."""

    run: Running
    prometheus: Prometheus
    received: Received
    state: Path


async def listen(session: aiohttp.ClientSession, url: str) -> None:
    async with session.get(url, timeout=aiohttp.ClientTimeout()) as answer:
        async for _ in answer.content.iter_any():
            pass


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(
    livekit_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Watched]:
    state = tmp_path_factory.mktemp("monitoring") / "state"
    async with AsyncExitStack() as stack:
        received = await stack.enter_async_context(otlp_receiver())
        words = ("LOG_FORMAT=json", f"OTLP_ENDPOINT={received.url}")
        run = Running(livekit_binary, state, *words)
        stack.push_async_callback(run.end)
        await run.until(lambda: run.said("open http"))
        data = tmp_path_factory.mktemp("prometheus")
        scraping = await stack.enter_async_context(prometheus(data, run.ports))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        page = f"http://127.0.0.1:{run.ports['web']}"
        listening = asyncio.create_task(listen(session, f"{page}/api/audio-stream"))
        stack.callback(listening.cancel)

        async def asked() -> bool:
            question = {"text": "What do you see?"}
            headers = {"traceparent": CALLER}
            async with session.post(f"{page}/api/ask", json=question, headers=headers) as answer:
                return answer.status == 202

        await run.until_true(asked)

        async def counted() -> bool:
            if await scraping.up() != set(run.ports):
                return False
            heard = [await scraping.query(one) for one in HEARD]
            return all(heard) and any(received.names(one) >= TRACE for one in received.traces)

        await run.until_true(counted, 120.0)
        yield Watched(run, scraping, received, state)


async def test_every_query_of_the_dashboard_finds_something_or_says_why_not(
    watched: Watched,
) -> None:
    panels = json.loads(await asyncio.to_thread(DASHBOARD.read_text))["panels"]
    queries = [(one, target) for one in panels for target in one.get("targets", [])]
    assert len(queries) > 40
    for panel, target in queries:
        found = await watched.prometheus.query(target["expr"].replace("$__rate_interval", "1m"))
        assert found or "Empty" in panel.get("description", ""), target["expr"]


async def test_every_rule_looks_at_something_or_says_why_not(watched: Watched) -> None:
    rules = yaml.safe_load(await asyncio.to_thread((FOLDER / "rules.yml").read_text))
    for rule in rules["groups"][0]["rules"]:
        found = await watched.prometheus.query(COMPARED.sub("", rule["expr"]))
        assert found or rule["annotations"].get("empty"), rule["expr"]


async def test_one_trace_leads_from_a_question_over_the_engine_to_its_sound(
    watched: Watched,
) -> None:
    (spans,) = (
        {span.name: span for _, span in found}
        for one, found in watched.received.traces.items()
        if watched.received.names(one) >= TRACE
    )
    parents = {"line": "question", "chat sketch": "line", "queue": "chat sketch", "heard": "line"}
    for name, parent in parents.items():
        assert spans[name].parent_span_id == spans[parent].span_id
    assert [event.name for event in spans["chat sketch"].events] == ["first text", "first audio"]
    begun = [spans[name].start_time_unix_nano for name in ("question", "line", "slot", "heard")]
    assert begun == sorted(begun)
    assert spans["heard"].end_time_unix_nano <= spans["line"].end_time_unix_nano
    caller = f"00-{spans['question'].trace_id.hex()}-{spans['question'].parent_span_id.hex()}-01"
    assert caller == CALLER


async def test_no_name_and_no_text_is_in_the_numbers_and_no_secret_in_the_log(
    watched: Watched,
) -> None:
    async with aiohttp.ClientSession() as session:
        for port in watched.run.ports.values():
            async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                text = await answer.text()
            assert "process_cpu_seconds_total" in text
            assert "press" not in re.sub(r"pressbox", "", text)
            assert "demo" not in text
    lines = [json.loads(line) for line in watched.run.lines]
    assert {"run", "agent", "web", "ingress", "engine"} <= {one["process"] for one in lines}
    about = [one for one in lines if "line" in one]
    assert {(one["process"], one["room"], one["source"]) for one in about} == {
        ("agent", "press", "demo")
    }
    assert any(one.get("source") == "demo" for one in lines if one["process"] == "ingress")
    token = await asyncio.to_thread((watched.state / FILE_NAME).read_text)
    for secret in (token.strip(), watched.run.key[1]):
        assert secret not in watched.run.text
