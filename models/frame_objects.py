"""What a client's detector found in the pictures of a request. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StrictInt

from models.engine import NamedObject

MAX_OBJECTS = 32
"""In one picture."""

_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Edges = tuple[_Share, _Share, _Share, _Share]


def _upright(box: _Edges) -> _Edges:
    if box[0] > box[2] or box[1] > box[3]:
        raise ValueError("a box is left, top, right, bottom")
    return box


class FrameObject(BaseModel):
    """The name is shaped as COCO's are; whoever speaks of it knows which there are."""

    id: Annotated[StrictInt, Field(ge=0)]
    name: str = Field(pattern=r"^[a-z]+( [a-z]+)?$", max_length=16)
    box: Annotated[_Edges, AfterValidator(_upright)]


FrameObjects = Annotated[list[FrameObject], Field(max_length=MAX_OBJECTS)]


def named(found: list[FrameObject] | None) -> tuple[NamedObject, ...] | None:
    """The same in the engines' terms."""
    return None if found is None else tuple(NamedObject(o.id, o.name, o.box) for o in found)
