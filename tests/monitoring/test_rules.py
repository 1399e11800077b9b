"""The alert rules by themselves, and the table of what they and the dashboard go by."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agent.clock.display_clock import DisplayClock
from agent.job_metrics import JobMetrics
from agent.metrics import BoothMetrics
from ingress.metrics import Metrics as IngressMetrics
from models.metrics import Metrics as EngineMetrics
from tests.support.scripted_feed import ScriptedFeeds
from web.http.status import Metrics as WebMetrics
from web.http.viewers import Viewers

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
PROMTOOL = shutil.which("promtool")


def registries() -> Iterator[CollectorRegistry]:
    yield BoothMetrics(DisplayClock(1.0)).registry
    jobs = JobMetrics(lambda: 0, 1)
    yield jobs.registry
    asyncio.run(jobs.aclose())
    yield IngressMetrics(list, by_name=False).registry
    yield EngineMetrics(lambda: 0, lambda: 0, lambda: False).registry
    feeds = ScriptedFeeds()
    yield WebMetrics(feeds, Viewers(feeds), by_name=False).registry


def names() -> set[str]:
    """As they are queried, apart from a histogram's parts."""
    families = [family for registry in registries() for family in registry.collect()]
    ours = [one for one in families if one.name.startswith("pressbox_")]
    return {f"{one.name}_total" if one.type == "counter" else one.name for one in ours}


def test_the_documentation_tells_each_number_and_no_other() -> None:
    text = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(pressbox_\w+)", text, re.MULTILINE)) == names()


@pytest.mark.parametrize("file", ["prometheus/rules.yml", "grafana/dashboards/pressbox.json"])
def test_only_numbers_that_there_are_are_asked_for(file: str) -> None:
    asked = re.findall(r"pressbox_\w+", (DOCKER / file).read_text(encoding="utf-8"))
    assert {re.sub("_bucket$", "", name) for name in asked} <= names()


@pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool: apt install prometheus")
def test_the_rules_fire_when_they_should() -> None:
    words = [str(PROMTOOL), "test", "rules", str(Path(__file__).parent / "rules_test.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    words = [str(PROMTOOL), "check", "config", str(DOCKER / "prometheus/prometheus.yml")]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
