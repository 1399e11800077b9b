"""Headers that every answer has."""

from __future__ import annotations

from aiohttp import web

# Browsers show a bare picture or sound in a little page of their own.
_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def on_prepare(_: web.Request, response: web.StreamResponse) -> None:
    """Adds what the handler has not set; a signal handler of the application."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
