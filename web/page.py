"""The built page: `web/ui/dist`, as Vite leaves it."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

DIST = Path(__file__).resolve().parent / "ui" / "dist"

NOT_BUILT = "The page is not built: run `npm ci && npm run build` in web/ui"

_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"

# A LiveKit server may be anywhere, so connections are free; code and styles come from here only.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src *",
        "media-src 'self' blob:",
        "img-src 'self' data:",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "camera=(self), microphone=(self)",
}


class Page:
    """Serves the files below `dist`: `/` is its `index.html`."""

    def __init__(self, dist: Path = DIST) -> None:
        self._dist = dist.resolve()

    @property
    def built(self) -> bool:
        """Whether there is a page to serve."""
        return (self._dist / "index.html").is_file()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answers one GET. 503 with one line while the page is not built, 404 for no such file."""
        if not self.built:
            return web.Response(status=503, text=NOT_BUILT + "\n")
        path = self._file(request.match_info["name"] or "index.html")
        if path is None:
            raise web.HTTPNotFound(text="Not found\n")
        # Vite puts a hash of its content into the name of every file in assets/.
        hashed = path.parent == self._dist / "assets"
        cache = _FOREVER if hashed else _ASK_AGAIN
        return web.FileResponse(path, headers={**_HEADERS, "Cache-Control": cache})

    def _file(self, name: str) -> Path | None:
        """The file of that name, None where there is none, or can be none."""
        try:
            path = (self._dist / name).resolve()
            return path if path.is_relative_to(self._dist) and path.is_file() else None
        except (ValueError, OSError):  # a NUL; a name that is too long
            return None
