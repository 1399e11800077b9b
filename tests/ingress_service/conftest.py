"""A real LiveKit Ingress for each test. Slow: only `make test-ingress-service` runs it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.peers.ingress_service import IngressRig, ingress_service

collect_ignore_glob = [] if os.environ.get("PRESSBOX_TEST_INGRESS_SERVICE") else ["test_*.py"]


@pytest_asyncio.fixture
async def rig(livekit_binary: Path) -> AsyncIterator[IngressRig]:
    """redis, livekit-server and the service, ready."""
    async with ingress_service() as made:
        yield made
