"""Every error below /api is one JSON object: `error` is one line; where a value was wrong, `field`,
`value` and `allowed` say which and what would be right.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from config.errors import SettingsError
from web.feed import CallError

log = logging.getLogger("web")

GONE = 499
"""The client went before there was an answer."""

_KEPT_HEADERS = {"Allow", "Retry-After", "WWW-Authenticate"}


def error(status: int, message: str, more: Mapping[str, object] | None = None) -> web.Response:
    """An error as everybody gets it; `more` beside the line."""
    return web.json_response(
        {"error": message, **(more or {})}, status=status, headers={"Cache-Control": "no-store"}
    )


@web.middleware
async def one_line_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Makes them of what handlers raise."""
    try:
        return await handler(request)
    except CallError as failed:
        return error(failed.status, str(failed), _first(failed.problems))
    except SettingsError as wrong:
        problems = [{"key": p.key, "value": p.value, "allowed": p.allowed} for p in wrong.problems]
        return error(400, str(wrong), _first({"problems": problems}))
    except web.HTTPException as raised:
        if not request.path.startswith("/api/") or raised.status < 400:
            raise
        answer = error(raised.status, (raised.text or raised.reason).strip())
        for name in _KEPT_HEADERS & raised.headers.keys():
            answer.headers[name] = raised.headers[name]
        return answer
    except Exception:
        if request.transport is None or request.transport.is_closing():
            return web.Response(status=GONE)  # to nobody
        log.exception("%s %s failed", request.method, request.path)
        return error(500, "this failed here, and the log says why")


def _first(problems: Mapping[str, object]) -> dict[str, object]:
    """What a booth told of a refusal, and of its first problem by itself."""
    listed = problems.get("problems")
    first = listed[0] if isinstance(listed, list) and listed else {}
    if not isinstance(first, Mapping) or "key" not in first:
        return dict(problems)
    more = {"field": first["key"], "value": first.get("value"), "allowed": first.get("allowed")}
    return {**problems, **more}
