"""What every failure of the client must be like."""

from __future__ import annotations

import pytest

from config.source_address import parse
from ingress.reader.failures import SourceFailure
from ingress.reader.http import open_http
from ingress.reader.reach import Reach

LOOPBACK = Reach(["127.0.0.0/8"])
SECRETS = ("p@ss", "p%40ss", "sekrit", "admin", "YWRtaW46")


def fails(url: str, guard: Reach | None = None, **options: float) -> SourceFailure:
    with pytest.raises(SourceFailure) as raised:
        open_http(parse(url), guard=guard, **options)
    failure = raised.value
    assert "\n" not in str(failure)
    for secret in SECRETS:
        assert secret not in f"{failure!s}{failure!r}{failure.__cause__!r}"
    assert failure.__suppress_context__ or failure.__context__ is None
    return failure
