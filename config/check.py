"""Makes settings from what was found, or says what is wrong with each of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from config.errors import Problem, SettingsError
from config.explain import allowed, nearest, shown
from config.origins import Found

_WITH_PASSWORDS = frozenset({"sources"})

_Model = TypeVar("_Model", bound=BaseModel)


def checked(model: type[_Model], found: Mapping[str, Found]) -> _Model:
    """A model made from what was found. Raises SettingsError, one problem for each wrong key."""
    fields = model.model_fields
    problems = [
        Problem(shown(item.key, secret=False), "", nearest(name, fields), item.origin)
        for name, item in found.items()
        if name not in fields
    ]
    values = {name: item.value for name, item in found.items() if name in fields}
    try:
        made = model.model_validate(values)
    except ValidationError as error:
        wrong = {str(entry["loc"][0]): entry for entry in error.errors()}
        # A default that is made from another setting fails along with that one.
        names = sorted(wrong.keys() & found.keys())
        problems += [_problem(model, found[name], name, wrong[name]) for name in names]
        raise SettingsError(problems) from None
    if problems:
        raise SettingsError(problems)
    return made


def _problem(model: type[BaseModel], item: Found, name: str, error: Any) -> Problem:
    said = str(error.get("ctx", {}).get("error", ""))
    secret = model.model_fields[name].annotation is SecretStr or name in _WITH_PASSWORDS
    what = said or allowed(_schema(model)[name])
    return Problem(item.key, shown(item.value, secret=secret), what, item.origin)


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    properties: dict[str, Any] = model.model_json_schema()["properties"]
    return properties
