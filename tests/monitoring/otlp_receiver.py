"""A receiver of traces: OTLP over HTTP on loopback."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Received:
    """Spans by trace: of which service, and the span."""

    url: str = ""
    traces: dict[bytes, list[tuple[str, Span]]] = field(default_factory=dict)

    def names(self, trace: bytes) -> set[tuple[str, str]]:
        return {(service, span.name) for service, span in self.traces[trace]}

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()  # aiohttp has undone deflate; gzip too, where it is announced
        data = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        for resource in ExportTraceServiceRequest.FromString(data).resource_spans:
            about = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    found = self.traces.setdefault(span.trace_id, [])
                    found.append((about["service.name"], span))
        done = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=done, content_type="application/x-protobuf")


@asynccontextmanager
async def otlp_receiver() -> AsyncIterator[Received]:
    received = Received()
    app = web.Application()
    app.router.add_post("/v1/traces", received.take)
    async with TestServer(app) as server:
        received.url = str(server.make_url("")).rstrip("/")
        yield received
