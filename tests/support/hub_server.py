"""A hub on loopback: what huggingface_hub asks of the real one, with faults on request."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, cast
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SIGNATURE = "c2lnbmVkLWFkZHJlc3M"
"""Part of the signed addresses that large files are redirected to; must never be shown."""


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
    """Serves on free ports while the block runs.

    Attributes:
        repos: By their names.
        faults: How often something still goes wrong, as ``["cut", PATH]``; a file may be cut in the
            middle, stuck there, wrong or failing, and the "listing" failing.
        no_ranges: Whether files are sent from their start only.
        listing: What is answered instead of every list.
        asked: Every request.
        halfway: Set when a file is stuck.
        go_on: Lets it go on.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.faults: Counter[tuple[str, str]] = Counter()
        self.no_ranges = False
        self.listing: bytes | None = None
        self.asked: list[Asked] = []
        self.halfway = threading.Event()
        self.go_on = threading.Event()
        # Large files lie on another host, which must not be given the token.
        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), _Handler) for _ in range(2)]
        for server in self._servers:
            server.daemon_threads = True
            cast(Any, server).hub = self
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._servers[0].server_address[1]}"

    @property
    def other_host(self) -> str:
        return f"http://localhost:{self._servers[1].server_address[1]}"

    def __enter__(self) -> HubServer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()

    def fails(self, how: str, path: str) -> bool:
        self.faults[how, path] -= 1
        return self.faults[how, path] >= 0

    def downloads(self, path: str) -> list[Asked]:
        """The requests for a file's content."""
        return [it for it in self.asked if it.method == "GET" and it.path.endswith(f"/{path}")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> HubServer:
        return cast(HubServer, cast(Any, self.server).hub)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        authorized = "Authorization" in self.headers
        self.hub.asked.append(Asked(self.command, path, self.headers.get("Range", ""), authorized))
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self._info("/".join(parts[2:4]), parts[5])
        elif parts[0] == "cdn":
            self._content("/".join(parts[1:3]), "/".join(parts[3:]))
        elif parts[:2] == ["api", "resolve-cache"]:
            self._small("/".join(parts[2:4]), "/".join(parts[4:]), authorized)
        else:
            self._file("/".join(parts[:2]), parts[3], "/".join(parts[4:]))

    def _known(self, name: str, revision: str, about: str) -> Repo | None:
        """The repository, or None when an error was sent."""
        repo = self.hub.repos.get(name)
        if self.hub.fails("failing", about):
            self._error(503, "")
        elif repo is None:
            self._error(401, "RepoNotFound")
        elif repo.gated:
            self._error(403, "GatedRepo")
        elif revision not in ("main", COMMIT):
            self._error(404, "RevisionNotFound")
        else:
            return repo
        return None

    def _info(self, name: str, revision: str) -> None:
        repo = self._known(name, revision, "listing")
        if repo is None:
            return
        siblings: list[dict[str, Any]] = []
        for path, data in repo.files.items():
            entry: dict[str, Any] = {"rfilename": path, "size": len(data), "blobId": _blob(data)}
            if path in repo.large:
                digest = hashlib.sha256(data).hexdigest()
                entry["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 134}
            siblings.append(entry)
        body = json.dumps({"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings})
        self._send(200, {"Content-Type": "application/json"}, self.hub.listing or body.encode())

    def _file(self, name: str, revision: str, path: str) -> None:
        repo = self._known(name, revision, path)
        if repo is None:
            return
        if path not in repo.files:
            self._error(404, "EntryNotFound")
            return
        data = repo.files[path]
        headers = {"X-Repo-Commit": COMMIT}
        if path not in repo.large:
            self._send(307, {**headers, "Location": f"/api/resolve-cache/{name}/{path}"}, b"")
            return
        headers["X-Linked-Etag"] = f'"{hashlib.sha256(data).hexdigest()}"'
        headers["X-Linked-Size"] = str(len(data))
        headers["Location"] = f"{self.hub.other_host}/cdn/{name}/{path}?Signature={SIGNATURE}"
        self._send(302, headers, b"")

    def _small(self, name: str, path: str, authorized: bool) -> None:
        if authorized:
            self._content(name, path)
        else:
            self._error(401, "")

    def _content(self, name: str, path: str) -> None:
        """Sends a file from where it is asked, with the faults that it is to have."""
        data = self.hub.repos[name].files[path]
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{_blob(data)}"'}
        if self.command == "HEAD":
            self._send(200, headers, data)
            return
        if self.hub.fails("wrong", path):
            data = bytes(byte ^ 1 for byte in data)
        asked = "" if self.hub.no_ranges else self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        if asked:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        rest, status = data[start:], 206 if asked else 200
        if self.hub.fails("stuck", path):
            self._broken_off(status, headers, rest)
            self.hub.halfway.set()
            self.hub.go_on.wait()
        elif self.hub.fails("cut", path):
            self._broken_off(status, headers, rest)
        else:
            self._send(status, headers, rest)

    def _broken_off(self, status: int, headers: dict[str, str], rest: bytes) -> None:
        self._head(status, headers, len(rest))
        self.wfile.write(rest[: len(rest) // 2])
        self.wfile.flush()
        self.close_connection = True

    def _error(self, status: int, code: str) -> None:
        # The real hub explains itself here; our lines must not repeat it.
        headers = {"X-Error-Code": code, "X-Error-Message": f"secret {SIGNATURE}"}
        self._send(status, headers if code else {}, b"{}")

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self._head(status, headers, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
