"""What the tiny model sees and hears."""

from __future__ import annotations

import torch
from torch import nn

from .script import COLOURS


class Eyes(nn.Module):
    """Which of eight colours a picture (3, 8, 8) has; int64 ()."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        colours = torch.tensor(list(COLOURS.values()), dtype=pixels.dtype)
        return torch.cdist(pixels.mean(dim=(1, 2))[None], colours).argmin()


class Ears(nn.Module):
    """Whether a sound (n,) is loud; int64 ()."""

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        return (samples.float().pow(2).mean().sqrt() > 0.05).long()


class Words(nn.Module):
    """From what was seen or heard to the token that stands for it."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self._first = first

    def forward(self, which: torch.Tensor) -> torch.Tensor:
        return which + self._first
