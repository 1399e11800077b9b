"""What a reader process prints: for the debug log, without secrets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os

from config.source_address import HIDDEN, AddressError, parse
from ingress.reader.messages import Request

log = logging.getLogger("pressbox.ingress")

KEPT = 4096
"""Bytes that are kept, the last ones."""


class Printed:
    """The end of it is logged by `close`. writable: the reader's end, to be closed by who starts
    it.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._ours, self.writable = os.pipe()
        # Nobody waits for the other here: what does not fit is lost.
        os.set_blocking(self._ours, False)
        os.set_blocking(self.writable, False)
        self._said = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._ours, self._take)

    def close(self) -> None:
        """Logs it. Idempotent."""
        if self._ours < 0:
            return
        self._take()
        self._loop.remove_reader(self._ours)
        os.close(self._ours)
        self._ours = -1
        if self._said:
            log.debug("a reader said: %s", self._redacted())

    def _take(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._ours, 65_536)
            self._said = (self._said + data)[-KEPT:]
            if not data:
                self._loop.remove_reader(self._ours)

    def _redacted(self) -> str:
        text = self._said.decode(errors="replace")
        if len(self._said) == KEPT:
            text = text.partition("\n")[2]  # half a secret cannot be told from other words
        for secret in self._request.headers.values():
            text = text.replace(secret, HIDDEN)
        with contextlib.suppress(AddressError):
            text = parse(self._request.url).redact(text)
        return " ".join(text.split())
