"""What a reader process prints: for the debug log, without secrets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Iterator

from config.source_address import HIDDEN, AddressError, parse
from ingress.reader.messages import Request

log = logging.getLogger("pressbox.ingress")

KEPT = 4096
"""Bytes that are kept, the last ones."""


class Printed:
    """The end of it is logged by `close`."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._ours, self._theirs = os.pipe()
        # Nobody waits for the other here: what does not fit is lost.
        os.set_blocking(self._ours, False)
        os.set_blocking(self._theirs, False)
        self._said = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._ours, self._take)

    @contextlib.contextmanager
    def writable(self) -> Iterator[int]:
        """The end that is for the reader."""
        try:
            yield self._theirs
        finally:
            os.close(self._theirs)

    def close(self) -> None:
        """Logs it. Idempotent."""
        if self._ours < 0:
            return
        self._take()
        self._loop.remove_reader(self._ours)
        os.close(self._ours)
        self._ours = -1
        if self._said:
            log.debug("a reader said: %s", _redacted(self._said, self._request))

    def _take(self) -> None:
        try:
            data = os.read(self._ours, 65_536)
        except BlockingIOError:
            return
        self._said = (self._said + data)[-KEPT:]
        if not data:
            self._loop.remove_reader(self._ours)


def _redacted(said: bytes, request: Request) -> str:
    text = said.decode(errors="replace")
    if len(said) == KEPT:
        text = text.partition("\n")[2]  # half a secret cannot be told from other words
    for secret in request.headers.values():
        text = text.replace(secret, HIDDEN)
    with contextlib.suppress(AddressError):
        text = parse(request.url).redact(text)
    return " ".join(text.split())
