"""Traces by OpenTelemetry, where settings name a place for them; else it is not even imported."""

from __future__ import annotations

import importlib
import os
from typing import Any

from config.errors import Problem, SettingsError

_STANDARD = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_LIMIT = 2.0
"""Seconds that a batch may take: a process that ends waits so long where nobody takes it."""
_provider: Any = None


def setup(process: str, endpoint: str) -> bool:
    """Send the spans of this process to `endpoint` (OTLP over HTTP), or where OpenTelemetry's own
    variables say; its other variables count too. Returns whether there is such a place.

    Raises SettingsError where there is one, and what it takes is not installed.
    """
    global _provider
    if not endpoint and not any(map(os.environ.get, _STANDARD)):
        return False
    try:
        trace = importlib.import_module("opentelemetry.trace")
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        resources = importlib.import_module("opentelemetry.sdk.resources")
        otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ModuleNotFoundError:
        said = "traces need opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http"
        raise SettingsError([Problem("OTLP_ENDPOINT", endpoint, said, "settings")]) from None
    resource = resources.Resource.create({"service.name": f"pressbox-{process}"})
    _provider = sdk.TracerProvider(resource=resource)
    where = {"endpoint": f"{endpoint}/v1/traces"} if endpoint else {}
    exporter = otlp.OTLPSpanExporter(timeout=_LIMIT, **where)
    _provider.add_span_processor(export.BatchSpanProcessor(exporter))
    trace.set_tracer_provider(_provider)
    return True


def shutdown() -> None:
    """Send what waits, where a process ends without Python's own end. Blocks for seconds where
    nobody takes it. Idempotent.
    """
    if _provider is not None:
        _provider.shutdown()


def is_on() -> bool:
    """Whether spans are sent."""
    return _provider is not None
