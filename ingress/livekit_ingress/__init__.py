"""The way in by the LiveKit Ingress service: pushes (RTMP, WHIP), and sources through it."""

from __future__ import annotations

from config.settings import Settings
from config.source_spec import SourceSpec
from ingress.livekit_ingress.errors import IngressServiceError
from ingress.livekit_ingress.records import Created, Ingress, Kind
from ingress.livekit_ingress.service import create, delete, list_all
from ingress.livekit_ingress.url_source import UrlSource, by_url
from ingress.supervisor import Supervised

__all__ = [
    "Created",
    "Ingress",
    "IngressServiceError",
    "Kind",
    "create",
    "delete",
    "list_all",
    "supervised",
]


def supervised(spec: SourceSpec, settings: Settings) -> Supervised:
    """The source through the service: http and srt are pulled by it, all else is pushed to it."""
    if by_url(spec.address):
        return UrlSource(spec, settings)
    # Imported late: whoever only creates a push needs no reader.
    from ingress.livekit_ingress.pushed import pushed_source

    return pushed_source(spec, settings)
