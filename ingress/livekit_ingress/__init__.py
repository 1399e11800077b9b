"""The way in by the LiveKit Ingress service: pushes (RTMP, WHIP), and sources through it."""

from __future__ import annotations

from ingress.livekit_ingress.errors import IngressServiceError
from ingress.livekit_ingress.records import Created, Ingress, Kind
from ingress.livekit_ingress.service import create, delete, list_all

__all__ = [
    "Created",
    "Ingress",
    "IngressServiceError",
    "Kind",
    "create",
    "delete",
    "list_all",
]
