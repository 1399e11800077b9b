"""Settings of what brings sources into rooms: the relay and the LiveKit Ingress service."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr

from config.fields import NetworkList, Port
from config.source_spec import SourceList


class IngressSettings(BaseModel):
    """Part of `Settings`."""

    ingress_port: Port = Field(default=8197, description="port of the ingress service, on loopback")
    ingress_service: bool = Field(
        default=False, description="start LiveKit Ingress too: pushes by RTMP and WHIP"
    )
    ingress_service_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        max_length=255,
        description="address that pushes are taken on; 0.0.0.0 for other computers and phones",
    )
    ingress_public_host: str = Field(
        default="",
        max_length=255,
        description="host in the addresses for pushes; empty: this machine's",
    )
    ingress_rtmp_port: Port = Field(default=1935, description="LiveKit Ingress: RTMP")
    ingress_whip_port: Port = Field(default=8196, description="LiveKit Ingress: WHIP")
    ingress_whip_udp_port: Port = Field(
        default=7885, description="LiveKit Ingress: media of WHIP pushes"
    )
    ingress_redis: SecretStr = Field(
        default=SecretStr(""),
        description="redis of the server in LIVEKIT_URL; not set: one of our own",
    )
    sources: SourceList = Field(
        default=(), description="sources to bring in at the start, best as a list in pressbox.yaml"
    )
    source_networks: NetworkList = Field(
        default=(),
        description="private hosts and networks that the page may add sources from",
    )
