"""An alert rule: what is to be told, as pressbox.yaml, dispatch metadata and the room say it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from config.explain import allowed, one_line, shown
from vision.names import COCO_NAMES

MOST_RULES = 32
"""Rules that one room may have."""

GROUPS = ("vehicle", "animal", "anything")
"""What may stand for a COCO name."""
THINGS = (*GROUPS, *sorted(COCO_NAMES))

_KINDS = (
    "appears", "stays", "leaves", "motion", "darkness", "light", "cut", "still", "source_lost"
)  # fmt: skip
_PLACED = ("appears", "stays", "leaves", "motion")


class RuleError(ValueError):
    """A rule is wrong. `str()` is one line that names the rule and the field."""


def _name(value: object) -> object:
    if isinstance(value, str):
        name = " ".join(value.lower().split())
        if name in THINGS:
            return name
    raise ValueError("a COCO name such as person or dog, or " + ", ".join(GROUPS))


def _region(value: object) -> object:
    said = "[left, top, right, bottom], each 0 to 1, left < right, top < bottom"
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise ValueError(said)
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in value):
        raise ValueError(said)
    left, top, right, bottom = value
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError(said)
    return tuple(float(one) for one in value)


Name = Annotated[str, BeforeValidator(_name)]
Region = Annotated[tuple[float, float, float, float], BeforeValidator(_region)]
Seconds = Annotated[float, Field(ge=1, le=86_400)]


class _Written(BaseModel):
    """Its dump is what it was made from."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True
    )

    @model_serializer(mode="wrap")
    def _as_written(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = dump(self)
        written = {name.removesuffix("_") for name in self.model_fields_set}  # `if_` is `if`
        return {name: value for name, value in fields.items() if name in written}


class Condition(_Written):
    """What needs no engine to be judged: exactly one field is set, beside region and seconds.

    Attributes:
        appears: One more of it than before is there.
        stays: One and the same of it is there for `seconds`.
        leaves: The last of it has gone.
        motion: Something begins to move.
        still: Nothing has moved for so many seconds.
        region: Left, top, right, bottom; of appears, stays, leaves and motion.
    """

    appears: Name | None = None
    stays: Name | None = None
    leaves: Name | None = None
    motion: Literal[True] | None = None
    darkness: Literal[True] | None = None
    light: Literal[True] | None = None
    cut: Literal[True] | None = None
    still: Seconds | None = None
    source_lost: Literal[True] | None = None
    region: Region | None = None
    seconds: Seconds | None = None

    @property
    def kind(self) -> str:
        """The one of _KINDS that is set."""
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)

    @property
    def thing(self) -> str:
        """The name of what appears, stays or leaves; "" for other kinds."""
        return self.appears or self.stays or self.leaves or ""

    @model_validator(mode="after")
    def _is_one(self) -> Condition:
        if sum(getattr(self, kind) is not None for kind in _KINDS) != 1:
            raise ValueError("exactly one of " + ", ".join(_KINDS))
        if self.region and self.kind not in _PLACED:
            raise ValueError("region: only with appears, stays, leaves or motion")
        if (self.stays is None) != (self.seconds is None):
            raise ValueError("seconds: with stays, and with nothing else")
        return self


class Rule(_Written):
    """One rule."""

    name: str = Field(
        pattern=r"^[^\W_]+([ '-][^\W_]+)*$",
        max_length=64,
        examples=["gate", "front door"],
        description="plain words, unique",
    )
    when: str = Field(default="", max_length=200, description="plain words, as: the gate opens")
    if_: Condition | None = Field(default=None, alias="if", description="or a cheap condition")
    interval: float = Field(
        default=5.0, ge=2, le=3600, description="seconds between two judgements by the engine"
    )
    cool_down: float = Field(
        default=30.0, ge=1, le=86_400, description="seconds after a hit without another"
    )
    severity: Literal["info", "warning", "critical"] = "warning"
    say: str = Field(default="", max_length=200, description="empty: made from the rule")
    enabled: bool = True

    @field_validator("when", "say")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return one_line(value)

    @model_validator(mode="after")
    def _has_one_cause(self) -> Rule:
        if bool(self.when) == (self.if_ is not None):
            raise ValueError("either when (plain words) or if (a condition), and not both")
        return self


def conditions() -> list[dict[str, object]]:
    """For a form: the fields of a condition one of which is set. `value` is thing (one of THINGS),
    seconds or true; `needs` and `takes` are fields that go with it.
    """
    values = {"appears": "thing", "stays": "thing", "leaves": "thing", "still": "seconds"}
    needs = {"stays": ["seconds"]}
    return [
        {"name": kind, "value": values.get(kind, "true")}
        | {"needs": needs.get(kind, []), "takes": ["region"] if kind in _PLACED else []}
        for kind in _KINDS
    ]


def rule(values: object) -> Rule:
    """A checked rule. Raises RuleError for the first field that is wrong."""
    if not isinstance(values, Mapping):
        raise RuleError('a rule is an object such as {"name": "gate", "when": "the gate opens"}')
    name = values.get("name")
    called = f"rule {shown(name, secret=False)}" if isinstance(name, str) and name else "a rule"
    try:
        return Rule.model_validate({str(key): value for key, value in values.items()})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(shown(part, secret=False) for part in first["loc"])
        said = str(first.get("ctx", {}).get("error", "")) or _plain(first)
        raise RuleError(f"{called}: {field}: {said}" if field else f"{called}: {said}") from None


def rules(values: Iterable[object]) -> tuple[Rule, ...]:
    """Checked rules with names of their own. Raises RuleError."""
    made = tuple(one if isinstance(one, Rule) else rule(one) for one in values)
    if len(made) > MOST_RULES:
        raise RuleError(f"{len(made)} rules: at most {MOST_RULES}")
    names = [key(one.name) for one in made]
    for one in made:
        if names.count(key(one.name)) > 1:
            raise RuleError(f"rule {one.name}: name: there is another rule of that name")
    return made


def key(name: str) -> str:
    """What names are compared by: case and spaces do not count."""
    return re.sub(r"\s+", " ", name).strip().casefold()


def _plain(error: Any) -> str:
    """What would be right, in the words of settings."""
    model = Condition if len(error["loc"]) > 1 else Rule
    if error["type"] == "extra_forbidden":
        names = (field.alias or name for name, field in model.model_fields.items())
        return "no such field; there are " + ", ".join(names)
    schema = model.model_json_schema()["properties"].get(error["loc"][-1], {})
    known = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    if error["type"] == "missing":
        return "it is missing"
    if not known or "$ref" in known[0]:
        return 'a condition such as {"appears": "person"}'
    return "true" if "const" in known[0] else allowed(known[0])


def _list(value: object) -> object:
    said = "a list of rules, each with a name and when or if"
    try:
        read = json.loads(value or "[]") if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise ValueError(said) from None
    if not isinstance(read, list | tuple):
        raise ValueError(said)
    return rules(read)


RuleList = Annotated[tuple[Rule, ...], BeforeValidator(_list)]
