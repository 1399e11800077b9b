"""Servers for these tests, which end with them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.unit.ingress.http.server import Answer, Server

Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that answers so."""
    with ExitStack() as stack:

        def started(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Server:
            return stack.enter_context(Server(answer, tls=tls))

        yield started
