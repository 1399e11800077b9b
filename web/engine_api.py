"""`/api/engine`: what the engine tells of itself, for a page that shows it."""

from __future__ import annotations

import asyncio
import json
import math
import time
from typing import Any

import aiohttp
import numpy as np
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from config.engine_settings import ENGINE_KINDS
from config.settings import Settings
from web.http.parameters import InRoom
from web.http.routes import Route

LIMIT, AGAIN = 2.0, 2.0
"""Seconds that an engine has to answer, and until it is asked again."""
LONGEST = 4 * 1024 * 1024
"""Bytes of an answer that are read."""

_AWAY = aiohttp.ClientError, TimeoutError, OSError
_STRANGE = ValueError, LookupError, TypeError, AttributeError, RecursionError
"""Of an answer that is not as those of engines are."""

_FIRST_SOUND = "pressbox_engine_first_audio_seconds_bucket"
_RATE = (
    *("pressbox_engine_tokens_per_second", "sglang:gen_throughput"),
    "llamacpp:predicted_tokens_seconds",
)
_QUEUE = (
    *("pressbox_engine_queue_length", "vllm:num_requests_waiting"),
    *("sglang:num_queue_reqs", "llamacpp:requests_deferred"),
)
_GPU = {
    "pressbox_engine_gpu_memory_used_bytes": "memory_used",
    "pressbox_engine_gpu_memory_total_bytes": "memory_total",
    "pressbox_engine_gpu_utilization_ratio": "utilization",
}
_WANTED = (_FIRST_SOUND, *_RATE, *_QUEUE, *_GPU)
_NULL = ("model", "kind", "first_sound", "tokens_per_second", "queue")
NOTHING: dict[str, Any] = {**dict.fromkeys(_NULL), "up": False, "gpu": []}


class EngineApi:
    """The handler. However many ask, the engine is asked once in AGAIN seconds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        key = settings.engine_api_key.get_secret_value()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._lock = asyncio.Lock()
        self._known = NOTHING
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
        found, root = dict(NOTHING), url.removesuffix("/v1")
        try:
            async with asyncio.timeout(LIMIT), aiohttp.ClientSession(headers=self._headers) as http:
                card = json.loads((await _get(http, f"{url}/models"))[1])["data"][0]
                kind: str = self._settings.engine_api
                if kind == "auto":
                    kind = ENGINE_KINDS.get(str(card.get("owned_by")), "openai")
                found["kind"], found["up"] = kind, kind == "openai"
                found["model"] = self._settings.engine_model or str(card["id"])
                if not found["up"]:  # a hosted one is not asked what it does not know
                    found["up"] = (await _get(http, f"{root}/health"))[0] in (200, 404)
                    found |= figures((await _get(http, f"{root}/metrics"))[1])
        except (*_AWAY, *_STRANGE):
            pass  # what was read until then is told
        return found


def figures(text: str) -> dict[str, Any]:
    """Those in a Prometheus exposition. Raises ValueError."""
    lines = "".join(f"{one}\n" for one in text.splitlines() if one.startswith(_WANTED))
    samples: list[Sample] = [
        s for one in text_string_to_metric_families(lines) for s in one.samples
    ]
    samples = [one for one in samples if math.isfinite(one.value)]
    rate = [one.value for one in samples if one.name in _RATE]
    queue = [one.value for one in samples if one.name in _QUEUE]
    gpus: dict[str, dict[str, Any]] = {}
    for one in samples:
        if one.name in _GPU:
            gpu = {"name": one.labels["name"], **dict.fromkeys(_GPU.values())}
            gpus.setdefault(one.labels["gpu"], gpu)[_GPU[one.name]] = one.value
    return {
        "first_sound": _median(samples),
        "tokens_per_second": round(sum(rate), 1) or None,
        "queue": round(sum(queue)) if queue else None,
        "gpu": list(gpus.values()),
    }


def _median(samples: list[Sample]) -> float | None:
    """Of a histogram, taken as even within a bucket; at most the last finite bound."""
    buckets = {float(one.labels["le"]): one.value for one in samples if one.name == _FIRST_SOUND}
    half = buckets.pop(math.inf, 0) / 2
    bounds = sorted(buckets)
    counts = [buckets[bound] for bound in bounds]
    return round(float(np.interp(half, [0, *counts], [0, *bounds])), 3) if half else None


async def _get(http: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    """Status and text. Raises ValueError where that is too long."""
    async with http.get(url, allow_redirects=False) as answer:
        data = bytearray()
        async for piece in answer.content.iter_any():
            data += piece
            if len(data) > LONGEST:
                raise ValueError("too long")
        return answer.status, data.decode(errors="replace")
