"""`/api/openapi.json`: the document of the API, made of the table of routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from config.room_settings import RoomSettings
from web.http.routes import Route

_SCHEMAS = "#/components/schemas/"


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """A JSON schema for a body; the document takes its `$defs` out."""
    return model.model_json_schema(ref_template=_SCHEMAS + "{model}")


def _settings() -> dict[str, Any]:
    """Any of them may be left out, or null: then it is as at the start."""
    made = schema_of(RoomSettings)
    properties = made["properties"].items()
    nullable = {name: {"anyOf": [one, {"type": "null"}]} for name, one in properties}
    return {"type": "object", "properties": nullable, "$defs": made["$defs"]}


SETTINGS = _settings()
_NAME = {"type": "string", "description": "name of a rule"}


def _exactly(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


RULES = {
    "anyOf": [
        _exactly(add={"$ref": _SCHEMAS + "Rule"}),
        _exactly(remove=_NAME),
        _exactly(enable=_NAME, on={"type": "boolean"}),
        _exactly(),
    ]
}

_EVENT = {
    "type": "object",
    "properties": {
        "event": {"enum": ["line", "words", "status", "alert", "lost"]},
        "id": {"type": "string"},
        "data": {"type": "string", "description": "a JSON object"},
    },
}
_TYPES = {"application/json": {"type": "object"}, "text/event-stream": _EVENT}

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string", "description": "one line"},
        "field": {"type": "string", "description": "which value was wrong"},
        "value": {"description": "it"},
        "allowed": {"type": "string", "description": "what would be right"},
    },
}


def document(routes: Iterable[Route[Any]], version: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    schemas = {"Error": _ERROR}
    for route in routes:
        schemas |= (route.body or {}).get("$defs", {})
        paths.setdefault(route.path, {})[route.methods[0].lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pressbox", "version": version},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(route: Route[Any]) -> dict[str, Any]:
    answers = {str(status): _answer(route.content) for status in route.statuses}
    named = {part[1:-1] for part in route.path.split("/") if part.startswith("{")}
    said: dict[str, Any] = {
        "summary": (route.handler.__doc__ or "").partition("\n")[0],
        "parameters": [*map(_in_path, sorted(named)), *_parameters(route)],
        "responses": {**answers, "default": _problem()},
    }
    if route.body is not None:
        schema = {name: value for name, value in route.body.items() if name != "$defs"}
        content = {"application/json": {"schema": schema}}
        said["requestBody"] = {"required": "required" in route.body, "content": content}
    if route.endless:
        said["x-endless"] = True
    return said


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameters(route: Route[Any]) -> list[dict[str, Any]]:
    properties: Mapping[str, Any] = route.query.model_json_schema().get("properties", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema.get("description", ""),
            "schema": {k: v for k, v in schema.items() if k not in ("title", "description")},
        }
        for name, schema in properties.items()
    ]


def _answer(kind: str) -> dict[str, Any]:
    schema = _TYPES.get(kind, {"type": "string"})
    return {"description": "as asked", "content": {kind: {"schema": schema}}}


def _problem() -> dict[str, Any]:
    schema = {"$ref": _SCHEMAS + "Error"}
    return {"description": "why not", "content": {"application/json": {"schema": schema}}}
