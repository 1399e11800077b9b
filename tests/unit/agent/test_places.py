"""What a worker tells LiveKit of its places."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from agent.places import Places

TARGET_LOAD = 0.7
"""livekit-server's `agents.target_load`: from there on a worker is given nothing by other nodes."""


@pytest.mark.parametrize("limit", [1, 4, 50])
def test_a_worker_is_given_rooms_until_it_is_full_and_the_emptier_one_first(limit: int) -> None:
    server: Any = SimpleNamespace(active_jobs=[])
    places, loads = Places(server, limit), []
    for number in range(limit + 1):
        loads.append(places.load())
        server.active_jobs.append(SimpleNamespace(job=SimpleNamespace(id=f"AJ_{number}")))
    assert loads[0] == 0.0
    assert all(one <= other < TARGET_LOAD for one, other in pairwise(loads))
