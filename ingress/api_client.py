"""Speaks to the ingress service on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from ingress.probe import LIMIT
from ingress.report import SourceReport

_LIMIT = aiohttp.ClientTimeout(total=10.0, connect=2.0)
_PROBE_LIMIT = aiohttp.ClientTimeout(total=LIMIT + 5.0, connect=2.0)
_FIELDS = {field.name for field in fields(SourceReport)}


class ServiceError(Exception):
    """The service refuses. `str()` is one line; status is that of the HTTP answer; `problem` has
    `field`, `value` and `allowed` where one value was wrong.
    """

    def __init__(self, text: str, status: int, problem: Mapping[str, object] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.problem = dict(problem or {})


class ServiceAwayError(ServiceError):
    """No service answers there."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"no ingress service answers on {place}: "
            "start it with `make run` or `python -m ingress serve`",
            503,
        )


class Client:
    """One connection to the service, made when it is first wanted; closed by `aclose`, or at the
    end of `async with`.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        self._place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None
        self.notice = ""
        """What the service had to say with the last list of sources; "" for nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connection. Safe to call again."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def sources(self) -> list[SourceReport]:
        """All sources. Raises ServiceError."""
        found = await self._ask("GET", "/api/sources")
        self.notice = str(found.get("notice", ""))
        return [_report(one) for one in found["sources"]]

    async def add(self, values: Mapping[str, object]) -> SourceReport:
        """Adds a source: fields of `SourceSpec`, name may be missing. Raises ServiceError."""
        return _report(await self._ask("POST", "/api/sources", json=dict(values)))

    async def create(self, values: Mapping[str, object]) -> tuple[SourceReport, dict[str, Any]]:
        """Adds one that is pushed, and says for each protocol where to. Raises ServiceError."""
        made = await self._ask("POST", "/api/sources", json={**values, "url": "push"})
        return _report(made), made["push"]

    async def probe(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Looks at a source without adding it: fields of `Probe`. Raises ServiceError."""
        return await self._ask("POST", "/api/probe", json=dict(values), timeout=_PROBE_LIMIT)

    async def remove(self, name: str, room: str) -> None:
        """Ends a source; room "": the default room. Raises ServiceError."""
        await self._ask("DELETE", f"/api/sources/{quote(name, safe='')}", params={"room": room})

    async def wake(self, name: str, room: str) -> None:
        """Has a source tried again at once. Raises ServiceError."""
        await self._ask("POST", f"/api/sources/{quote(name, safe='')}/wake", params={"room": room})

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        if self._session is None:
            address = f"http://{self._place}"
            self._session = aiohttp.ClientSession(address, headers=self._headers, timeout=_LIMIT)
        try:
            async with self._session.request(method, path, **more) as response:
                body = await response.json(content_type=None)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            raise ServiceAwayError(self._place) from None
        if not isinstance(body, dict):
            raise ServiceAwayError(self._place)
        if status >= 400:
            problem = {name: body[name] for name in ("field", "value", "allowed") if name in body}
            raise ServiceError(str(body.get("error") or f"HTTP {status}"), status, problem)
        return body


def _report(values: Mapping[str, Any]) -> SourceReport:
    return SourceReport(**{name: value for name, value in values.items() if name in _FIELDS})
