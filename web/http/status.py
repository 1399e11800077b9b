"""`/api/status`, `/health` and `/metrics`: how things are. None of them opens a room."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import get_args

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from config.totals import Totals
from web.access.guard import standing
from web.feed import Feed, Feeds
from web.http.errors import GONE
from web.http.parameters import InRoom, Nothing
from web.http.viewers import Kind, Viewers

_KNOWN = ("engine", "livekit", "delay", "behind")


class StatusApi:
    """The handlers.

    about: What the server itself knows of a room, for whoever asks.
    """

    def __init__(
        self,
        feeds: Feeds,
        viewers: Viewers,
        pressbox: str,
        about: Callable[[web.Request], Mapping[str, object]],
    ) -> None:
        self._feeds = feeds
        self._viewers = viewers
        self._about = about
        self._versions = {
            "pressbox": pressbox,
            "python": platform.python_version(),
            "livekit": version("livekit"),
            "aiohttp": version("aiohttp"),
        }

    async def status(self, request: web.Request, asked: InRoom) -> web.Response:
        """What is known at this moment; None for what nobody watches. sync: words and picture are
        in step, by a delay. you: operator, steer or guest. links: you may make links for others.
        """
        about = dict(self._about(request))
        room = asked.room or str(about["room"])
        feed = self._feeds.open.get(room)
        booth = dict(feed.status) if feed is not None else {}
        values = {
            "links": False,
            **about,
            "you": standing(request),
            "room": room,
            "version": self._versions["pressbox"],
            "versions": self._versions,
            "watched": feed is not None,
            "viewers": {kind: self._viewers.count(kind) for kind in get_args(Kind)},
            "capture_healthy": booth["capture"] == "ok" if feed is not None else None,
            **{name: booth.get(name) for name in _KNOWN},
            "voice": booth.get("voice", "on") if "delay" in booth else None,
            "sync": bool(booth["delay"]) if "delay" in booth else None,
            "booth": booth,
        }
        return web.json_response(values, headers={"Cache-Control": "no-store"})

    async def health(self, _: web.Request, __: Nothing) -> web.Response:
        """The server answers."""
        return web.json_response({"status": "ok"})


class Metrics:
    """What Prometheus reads."""

    def __init__(self, feeds: Feeds, viewers: Viewers, *, by_name: bool) -> None:
        """`by_name`: rooms are to stand there by name; else they are added up."""
        self._feeds = feeds
        self._viewers = viewers
        self._labels = ["room"] if by_name else []
        self._totals = {name: Totals() for name in ("pictures", "events")}
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(self)
        self._requests = Counter(
            "pressbox_web_requests",
            "Requests that are over, by route and status",
            ["method", "route", "status"],
            registry=self.registry,
        )

    async def metrics(self, _: web.Request, __: Nothing) -> web.Response:
        """In Prometheus's text format."""
        return web.Response(
            body=generate_latest(self.registry),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    @web.middleware
    async def counted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Counts a request."""
        status = GONE
        try:
            answer = await handler(request)
            status = answer.status
            return answer
        except web.HTTPException as raised:
            status = raised.status
            raise
        finally:
            resource = request.match_info.route.resource
            route = resource.canonical if resource is not None else "none"
            method = request.method if request.method in _METHODS else "other"
            self._requests.labels(method, route, str(status)).inc()

    def collect(self) -> Iterable[Metric]:
        """For the registry."""
        viewers = GaugeMetricFamily(
            "pressbox_web_viewers", "Endless answers under way", labels=["kind"]
        )
        for kind in get_args(Kind):
            viewers.add_metric([kind], self._viewers.count(kind))
        yield viewers
        feeds = self._feeds.open
        yield GaugeMetricFamily("pressbox_web_feeds", "Rooms that are watched", len(feeds))
        for name, about, counts in (
            ("pictures", "Pictures that were encoded for viewers", _pictures(feeds)),
            ("events", "What happened in rooms that are watched", _events(feeds)),
        ):
            family = CounterMetricFamily(f"pressbox_web_{name}", about, labels=self._labels)
            if not self._labels:
                family.add_metric([], self._totals[name].of(counts))
            for room, count in counts.items() if self._labels else ():
                family.add_metric([room], count)
            yield family


def _pictures(feeds: Mapping[str, Feed]) -> dict[str, float]:
    return {room: feed.pictures.count for room, feed in feeds.items()}


def _events(feeds: Mapping[str, Feed]) -> dict[str, float]:
    return {room: feed.events.count for room, feed in feeds.items()}


_METHODS = {"GET", "HEAD", "POST", "DELETE", "OPTIONS"}
