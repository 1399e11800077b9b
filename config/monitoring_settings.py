"""Settings of what is told to those who watch over the processes: metrics, traces, log."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from config.fields import url


class MonitoringSettings(BaseModel):
    """Part of `Settings`."""

    metrics_port: int = Field(
        default=8196, ge=0, le=65535, description="port of the worker's /metrics; 0: none"
    )
    metrics_open: bool = Field(
        default=False,
        description="/metrics is for other machines too: the worker's on all addresses, the page's "
        "without a token",
    )
    metrics_names: bool = Field(
        default=False, description="rooms and sources stand in /metrics by name"
    )
    otlp_endpoint: Annotated[str, url("http", "https", optional=True)] = Field(
        default="",
        description="where traces are sent, OTLP over HTTP, such as http://127.0.0.1:4318; empty: "
        "as OTEL_EXPORTER_OTLP_ENDPOINT says, else nowhere",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="lines of the log: text for people, json for programs"
    )
