"""Settings of what brings sources into rooms."""

from __future__ import annotations

from pydantic import BaseModel, Field

from config.fields import NetworkList, Port
from config.source_spec import SourceList


class IngressSettings(BaseModel):
    """Part of `Settings`."""

    ingress_host: str = Field(
        default="127.0.0.1",
        pattern=r"^[A-Za-z0-9_.:-]{1,253}$",
        examples=["127.0.0.1", "ingress"],
        description="where the page finds the ingress service; not loopback: it answers to others",
    )
    ingress_port: Port = Field(default=8197, description="port of the ingress service")
    push_host: str = Field(
        default="",
        max_length=255,
        description="address that pushes are taken on, 0.0.0.0 for all; empty: this machine's, "
        "with LAN all",
    )
    push_rtmp_port: Port = Field(default=1935, description="pushes by RTMP")
    push_rtsp_port: Port = Field(default=8554, description="pushes by RTSP")
    push_srt_port: Port = Field(default=8890, description="pushes by SRT, UDP")
    push_whip_port: Port = Field(default=8889, description="pushes by WHIP")
    push_whip_udp_port: Port = Field(default=8189, description="media of pushes by WHIP, UDP")
    sources: SourceList = Field(
        default=(), description="sources to bring in at the start, best as a list in pressbox.yaml"
    )
    sources_max: int = Field(
        default=64,
        ge=1,
        le=1000,
        description="sources at most; each takes a process, 80 MB and more",
    )
    source_networks: NetworkList = Field(
        default=(),
        description="private hosts and networks that the page may add sources from",
    )
