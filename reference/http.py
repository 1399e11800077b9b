"""The tables of docs/http.md, from the table of routes that also makes `/api/openapi.json`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.explain import allowed
from config.settings import load_settings
from reference.tables import table
from web.http.routes import Route
from web.page import Page
from web.server import Server

_MANY = 12
"""Fields of a body from which on it is told elsewhere."""


def tables() -> dict[str, str]:
    """`routes` and `parameters`."""
    routes = _routes()
    return {
        "routes": table("path | who | parameters; body | gives", map(_row, routes)),
        "parameters": table("parameter | default | allowed | meaning", _parameters(routes)),
    }


def _routes() -> list[Route[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        given = {"livekit_api_key": "key", "livekit_api_secret": "-" * 32, "state_dir": folder}
        settings = load_settings(cli=given, env={}, directory=Path(folder))
        app = Server(settings, Page(Path(folder))).app()
    found = (getattr(one.handler, "__self__", None) for one in app.router.routes())
    routes = {id(one): one for one in found if isinstance(one, Route)}.values()
    return sorted(routes, key=lambda one: (one.path.startswith("/api/"), one.path, one.methods))


def _row(route: Route[Any]) -> tuple[str, ...]:
    method = "" if "GET" in route.methods else f"{route.methods[0]} "
    taken = ", ".join(f"`{name}`" for name in route.query.model_fields)
    body = "; ".join(part for part in (taken, _body(route)) if part)
    meaning = " ".join((route.handler.__doc__ or "").split())
    kind = "" if route.content == "application/json" else f" `{route.content.split(';')[0]}`"
    return f"`{method}{route.path}`", route.right, body, f"{meaning}{kind}"


def _body(route: Route[Any]) -> str:
    schema = route.body or {}
    if "anyOf" in schema:
        shapes = (", ".join(one["properties"]) for one in schema["anyOf"])
        return " or ".join(f"`{{{shape}}}`" for shape in shapes)
    names: list[str] = list(schema.get("properties", {}))
    if len(names) > _MANY:
        return "`{…}`"
    must = schema.get("required", ())
    return "`{" + ", ".join(n if n in must else f"{n}?" for n in names) + "}`" if names else ""


def _parameters(routes: list[Route[Any]]) -> Iterator[tuple[str, ...]]:
    seen: dict[str, dict[str, Any]] = {}
    for route in routes:
        seen |= route.query.model_json_schema().get("properties", {})
    for name, schema in seen.items():
        default = schema["default"]
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        yield f"`{name}`", f"`{shown}`" if shown else "", allowed(schema), schema["description"]
