"""The API: its table, and what else a server needs to serve it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from config.monitoring_settings import MonitoringSettings
from web.access.guard import Right
from web.feed import Feeds
from web.http import routes
from web.http.calls import CallApi
from web.http.choices import choices
from web.http.errors import one_line_errors
from web.http.events import SSE, EventApi
from web.http.mjpeg import MJPEG, PictureApi
from web.http.openapi import RULES, SETTINGS, document, schema_of
from web.http.parameters import (
    Asking,
    Following,
    Frame,
    InRoom,
    Moving,
    Note,
    Nothing,
    Question,
    Said,
)
from web.http.routes import Route
from web.http.sound import PCM, WAV, SoundApi
from web.http.status import Metrics, StatusApi
from web.http.viewers import Viewers, remember


class Api:
    """Bound to the rooms of one server, which stay its owner's. `routes`: the whole table."""

    def __init__(
        self,
        feeds: Feeds,
        version: str,
        about: Callable[[web.Request], Mapping[str, object]],
        more: Iterable[Route[Any]] = (),
        monitoring: MonitoringSettings | None = None,
    ) -> None:
        """`about`: what the server knows of itself for whoever asks; its `room` is the default
        one. `more`: routes that others answer. `monitoring`: None for the defaults.
        """
        told = monitoring or MonitoringSettings()
        self._viewers = Viewers(feeds)
        self.metrics = Metrics(feeds, self._viewers, by_name=told.metrics_names)
        self._for_metrics: Right = "open" if told.metrics_open else "change"
        self._status = StatusApi(feeds, self._viewers, version, about)
        self._version = version
        self.routes = (*self._endless(), *self._short(), *more)

    def install(self, app: web.Application) -> None:
        """Serve it. Its middlewares come first: they see all that others refuse."""
        app.middlewares[:0] = [self.metrics.counted, routes.in_room, one_line_errors]
        routes.add(app, self.routes)
        app.on_response_prepare.append(_remember)
        app.on_shutdown.append(self._end)

    def right_of(self, request: web.Request) -> Right:
        """What whoever asks this must be allowed."""
        return routes.right_of(request, self.routes)

    async def _end(self, _: web.Application) -> None:
        self._viewers.end()

    def _endless(self) -> list[Route[Any]]:
        mjpeg, events = PictureApi(self._viewers).mjpeg, EventApi(self._viewers).events
        sound = SoundApi(self._viewers)
        return [
            Route("/api/mjpeg", "watch", Moving, mjpeg, MJPEG, endless=True),
            Route("/api/audio-stream", "watch", InRoom, sound.pcm, PCM, endless=True),
            Route("/api/audio-stream.wav", "watch", InRoom, sound.wav, WAV, endless=True),
            Route("/api/events", "watch", Following, events, SSE, endless=True),
        ]

    def _short(self) -> list[Route[Any]]:
        calls, frame = CallApi(self._viewers), PictureApi(self._viewers).frame
        change, rule = calls.change_settings, calls.change_rules
        question, note = schema_of(Question), schema_of(Note)
        return [
            Route("/api/frame", "watch", Frame, frame, "image/jpeg"),
            Route("/api/ask", "watch", Asking, calls.ask, body=question, statuses=(200, 202)),
            Route("/api/lines", "watch", Said, calls.lines),
            Route("/api/settings", "watch", InRoom, calls.settings),
            Route("/api/settings", "steer", InRoom, change, body=SETTINGS),
            Route("/api/rules", "watch", InRoom, calls.rules),
            Route("/api/rules", "steer", InRoom, rule, body=RULES),
            Route("/api/note", "steer", InRoom, calls.note, body=note),
            Route("/api/choices", "watch", InRoom, choices),
            Route("/api/status", "watch", InRoom, self._status.status),
            Route("/api/openapi.json", "open", Nothing, self._document),
            Route("/health", "open", Nothing, self._status.health),
            Route("/metrics", self._for_metrics, Nothing, self.metrics.metrics, "text/plain"),
        ]

    async def _document(self, _: web.Request, __: Nothing) -> web.Response:
        """This document."""
        return web.json_response(document(self.routes, self._version))


async def _remember(request: web.Request, answer: web.StreamResponse) -> None:
    if answer.content_type == "text/html":
        remember(request, answer)
