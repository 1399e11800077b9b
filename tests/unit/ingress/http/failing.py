"""What every failure of the client must be like."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from config.source_address import parse
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.failures import SourceFailure
from ingress.reader.http.client import HttpClient

LOOPBACK = EgressPolicy(["127.0.0.0/8"])
SECRETS = ("p@ss", "p%40ss", "sekrit", "admin", "YWRtaW46")


def client(url: str, **options: Any) -> closing[HttpClient]:
    """A client of this address, as a person writes it."""
    return closing(HttpClient(parse(url).url, **options))


def got(url: str, **options: Any) -> bytes:
    """The body of a GET, of at most 1000 bytes."""
    with client(url, **options) as made:
        return made.get().read_all(1000)


def fails(url: str, policy: EgressPolicy | None = None, **options: Any) -> SourceFailure:
    """The failure of a GET, in one line without anything secret."""
    with pytest.raises(SourceFailure) as raised:
        got(url, policy=policy, **options)
    failure = raised.value
    assert "\n" not in str(failure)
    for secret in SECRETS:
        assert secret not in f"{failure!s}{failure!r}{failure.__cause__!r}"
    assert failure.__suppress_context__ or failure.__context__ is None
    return failure
