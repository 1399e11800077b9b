"""`/api/engine`: what the engine tells of itself, for a page that shows it."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Iterable
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from agent.commentator.engine.dialects import by_api, owned
from config.settings import Settings
from web.http.parameters import InRoom
from web.http.routes import Route

LIMIT, AGAIN = 2.0, 2.0
"""Seconds that an engine has to answer, and until it is asked again."""
LONGEST = 4 * 1024 * 1024
"""Bytes of an answer that are read."""

_AWAY = aiohttp.ClientError, TimeoutError, OSError
_STRANGE = ValueError, LookupError, TypeError, AttributeError, RecursionError
"""What an answer raises that is not as those of engines are."""

_FIRST_SOUND = "pressbox_engine_first_audio_seconds_bucket"
_RATE = (
    "pressbox_engine_tokens_per_second",
    "sglang:gen_throughput",
    "llamacpp:predicted_tokens_seconds",
)
_QUEUE = (
    "pressbox_engine_queue_length",
    "vllm:num_requests_waiting",
    "sglang:num_queue_reqs",
    "llamacpp:requests_deferred",
)
_GPU = "pressbox_engine_gpu_"
_WANTED = (_FIRST_SOUND, *_RATE, *_QUEUE, _GPU)


class EngineApi:
    """The handler. However many ask, the engine is asked once in AGAIN seconds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        key = settings.engine_api_key.get_secret_value()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._lock = asyncio.Lock()
        self._known = _nothing()
        self._asked = float("-inf")

    def route(self) -> Route[InRoom]:
        """What it answers to."""
        return Route("/api/engine", "watch", InRoom, self._engine)

    async def _engine(self, _: web.Request, __: InRoom) -> web.Response:
        """The engine's model, speed and GPUs; null is what it does not tell."""
        async with self._lock:
            if time.monotonic() - self._asked >= AGAIN:
                self._asked = time.monotonic()
                found = await asyncio.gather(*map(self._look, self._settings.engine_urls))
                self._known = next((one for one in found if one["up"]), found[0])
        return web.json_response(self._known, headers={"Cache-Control": "no-store"})

    async def _look(self, url: str) -> dict[str, Any]:
        """What one of them tells, as far as it does in time."""
        found = _nothing()
        root = url.removesuffix("/v1")
        try:
            async with (
                asyncio.timeout(LIMIT),
                aiohttp.ClientSession(headers=self._headers) as session,
            ):
                status, text = await _get(session, f"{url}/models")
                if status >= 400:
                    return found
                card = json.loads(text)["data"][0]
                dialect = by_api(self._settings.engine_api) or owned(
                    str(card.get("owned_by")), near=False
                )
                hosted = dialect.name == "openai"  # and is not asked what it does not know
                found["kind"], found["up"] = dialect.name, hosted
                found["model"] = self._settings.engine_model or str(card["id"])
                if hosted:
                    return found
                status, _ = await _get(session, f"{root}/health")
                found["up"] = status in (200, 404)
                _, text = await _get(session, f"{root}/metrics")
                found |= figures(text)
        except (*_AWAY, *_STRANGE):
            pass  # what was read until then is told
        return found


def figures(text: str) -> dict[str, Any]:
    """Those in a Prometheus exposition. Raises ValueError."""
    lines = [line for line in text.splitlines() if line.startswith(_WANTED)]
    families: Iterable[Metric] = text_string_to_metric_families("\n".join(lines) + "\n")
    samples = [
        one for family in families for one in family.samples if math.isfinite(float(one.value))
    ]
    rate, queue = _sum(samples, _RATE), _sum(samples, _QUEUE)
    return {
        "first_sound": _median(samples),
        "tokens_per_second": round(rate, 1) if rate else None,
        "queue": None if queue is None else round(queue),
        "gpu": _gpus(samples),
    }


def _sum(samples: list[Sample], names: tuple[str, ...]) -> float | None:
    found = [one.value for one in samples if one.name in names]
    return sum(found) if found else None


def _median(samples: list[Sample]) -> float | None:
    """Of a histogram, taken as even within a bucket; beyond the last bucket its bound."""
    buckets = [(float(one.labels["le"]), one.value) for one in samples if one.name == _FIRST_SOUND]
    half = max((count for _, count in buckets), default=0) / 2
    bound, before = 0.0, 0.0
    for upper, count in sorted(buckets):
        if half and count >= half:
            if math.isinf(upper):
                break
            return round(bound + (upper - bound) * (half - before) / (count - before), 3)
        bound, before = upper, count
    return bound if half else None


def _gpus(samples: list[Sample]) -> list[dict[str, Any]]:
    """Memory in bytes, utilization from 0 to 1."""
    found: dict[str, dict[str, Any]] = {}
    names = {"memory_used_bytes": "memory_used", "memory_total_bytes": "memory_total"}
    for one in samples:
        if one.name.startswith(_GPU):
            nothing = dict.fromkeys(("memory_used", "memory_total", "utilization"))
            gpu = found.setdefault(one.labels["gpu"], {"name": one.labels["name"], **nothing})
            gpu[names.get(one.name.removeprefix(_GPU), "utilization")] = one.value
    return list(found.values())


def _nothing() -> dict[str, Any]:
    null = dict.fromkeys(("model", "kind", "first_sound", "tokens_per_second", "queue"))
    return {**null, "up": False, "gpu": []}


async def _get(session: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    """Status and text. Raises ValueError where that is too long."""
    async with session.get(url, allow_redirects=False) as answer:
        data = bytearray()
        async for piece in answer.content.iter_chunked(65_536):
            data += piece
            if len(data) > LONGEST:
                raise ValueError("too long")
        return answer.status, data.decode(errors="replace")
