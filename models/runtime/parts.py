"""What a prompt is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture.

    Attributes:
        rgb: uint8 of shape (height, width, 3).
    """

    rgb: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Something heard.

    Attributes:
        samples: float32 of shape (n,), 16 kHz mono in [-1, 1].
    """

    samples: npt.NDArray[np.float32]


Part = str | Frame | Sound


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is given.

    Attributes:
        system: The same for all requests of a room: persona, voice reference. It is prepared once
            and its state is kept. Empty for none.
        user: The window, a spoken question, the text.
    """

    system: tuple[Part, ...]
    user: tuple[Part, ...]


def content_key(parts: Iterable[Part]) -> bytes:
    """Equal for equal content."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            kind, data = "text", part.encode("utf-8", "replace")
        elif isinstance(part, Frame):
            kind, data = f"frame{part.rgb.shape}", part.rgb.tobytes()
        else:
            kind, data = "sound", part.samples.tobytes()
        digest.update(f"{kind} {len(data)}\0".encode())
        digest.update(data)
    return digest.digest()
