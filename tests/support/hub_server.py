"""A hub on loopback: what huggingface_hub asks of the real one, with faults on request."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from aiohttp import web

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SIGNATURE = "c2lnbmVkLWFkZHJlc3M"
"""Part of the signed addresses that large files are redirected to; must never be shown."""
_REPO = "{repo:[^/]+/[^/]+}"


@dataclass
class Repo:
    """A repository: files by path; those of ``large`` are kept as the hub keeps LFS files."""

    files: dict[str, bytes]
    large: frozenset[str] = frozenset()
    gated: bool = False


class Asked(NamedTuple):
    """One request that the server saw."""

    method: str
    path: str
    range: str
    authorized: bool


class HubServer:
    """Serves from a thread of its own while the block runs.

    Attributes:
        repos: By their names.
        faults: How often something still goes wrong, as ``["cut", PATH]``; a file may be cut in the
            middle, stuck there, wrong or failing, and the "listing" failing.
        no_ranges: Whether files are sent from their start only.
        listing: What is answered instead of every list.
        asked: Every request.
        halfway: Set when a file is stuck.
        go_on: Lets it go on.
        url: The hub's address.
        other_host: Where large files lie, which must not be given the token.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.faults: Counter[tuple[str, str]] = Counter()
        self.no_ranges = False
        self.listing: bytes | None = None
        self.asked: list[Asked] = []
        self.halfway, self.go_on = threading.Event(), threading.Event()
        self.url = self.other_host = ""
        self._ready, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> HubServer:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self._end.set()
        self._thread.join()

    def downloads(self, path: str) -> list[Asked]:
        """The requests for a file's content."""
        return [it for it in self.asked if it.method == "GET" and it.path.endswith(f"/{path}")]

    async def _serve(self) -> None:
        app = web.Application(middlewares=[self._noted])
        app.router.add_get(f"/api/models/{_REPO}/revision/{{revision}}", self._info)
        app.router.add_get(f"/api/resolve-cache/{_REPO}/{{path:.+}}", self._small)
        app.router.add_get(f"/cdn/{_REPO}/{{path:.+}}", self._content)
        app.router.add_get(f"/{_REPO}/resolve/{{revision}}/{{path:.+}}", self._file)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        for _ in range(2):
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        hub, other = (address[1] for address in runner.addresses)
        self.url, self.other_host = f"http://127.0.0.1:{hub}", f"http://localhost:{other}"
        self._ready.set()
        await asyncio.to_thread(self._end.wait)
        await runner.cleanup()

    @web.middleware
    async def _noted(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        headers = request.headers
        asked = (request.method, request.path, headers.get("Range", ""), "Authorization" in headers)
        self.asked.append(Asked(*asked))
        return await handler(request)

    def _fails(self, how: str, path: str) -> bool:
        self.faults[how, path] -= 1
        return self.faults[how, path] >= 0

    def _refused(self, request: web.Request, about: str) -> web.Response | None:
        repo = self.repos.get(request.match_info["repo"])
        if self._fails("failing", about):
            return _error(503, "")
        if repo is None:
            return _error(401, "RepoNotFound")
        if repo.gated:
            return _error(403, "GatedRepo")
        if request.match_info["revision"] not in ("main", COMMIT):
            return _error(404, "RevisionNotFound")
        return None

    async def _info(self, request: web.Request) -> web.Response:
        if refused := self._refused(request, "listing"):
            return refused
        if self.listing is not None:
            return web.Response(body=self.listing, content_type="application/json")
        name = request.match_info["repo"]
        siblings: list[dict[str, Any]] = []
        for path, data in self.repos[name].files.items():
            siblings.append({"rfilename": path, "size": len(data), "blobId": _blob(data)})
            if path in self.repos[name].large:
                digest = hashlib.sha256(data).hexdigest()
                siblings[-1]["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 134}
        body = {"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings}
        return web.json_response(body)

    async def _file(self, request: web.Request) -> web.Response:
        name, path = request.match_info["repo"], request.match_info["path"]
        if refused := self._refused(request, path):
            return refused
        data = self.repos[name].files[path]
        headers = {"X-Repo-Commit": COMMIT, "Location": f"/api/resolve-cache/{name}/{path}"}
        if path not in self.repos[name].large:
            return web.Response(status=307, headers=headers)
        headers["X-Linked-Etag"] = f'"{hashlib.sha256(data).hexdigest()}"'
        headers["X-Linked-Size"] = str(len(data))
        headers["Location"] = f"{self.other_host}/cdn/{name}/{path}?Signature={SIGNATURE}"
        return web.Response(status=302, headers=headers)

    async def _small(self, request: web.Request) -> web.StreamResponse:
        known = "Authorization" in request.headers
        return await self._content(request) if known else _error(401, "")

    async def _content(self, request: web.Request) -> web.StreamResponse:
        """Sends a file from where it is asked, with the faults that it is to have."""
        path = request.match_info["path"]
        data = self.repos[request.match_info["repo"]].files[path]
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{_blob(data)}"'}
        if request.method == "HEAD":
            return web.Response(body=data, headers=headers)
        if self._fails("wrong", path):
            data = bytes(byte ^ 1 for byte in data)
        asked = "" if self.no_ranges else request.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        if asked:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        rest = data[start:]
        response = web.StreamResponse(status=206 if asked else 200, headers=headers)
        response.content_length = len(rest)
        await response.prepare(request)
        stuck = self._fails("stuck", path)
        if not stuck and not self._fails("cut", path):
            await response.write(rest)
            return response
        await response.write(rest[: len(rest) // 2])
        if stuck:
            self.halfway.set()
            await asyncio.to_thread(self.go_on.wait)
        elif request.transport is not None:
            request.transport.close()
        return response


def _error(status: int, code: str) -> web.Response:
    # The real hub explains itself here; our lines must not repeat it.
    headers = {"X-Error-Code": code, "X-Error-Message": f"secret {SIGNATURE}"} if code else {}
    return web.Response(status=status, headers=headers)


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
