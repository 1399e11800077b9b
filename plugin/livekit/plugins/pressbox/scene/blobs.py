"""The connected places of one picture in which something changed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .background import Background, Mask, alike, details
from .sight import Box

LEAST_AREA = 0.004
"""Part of the picture."""
_MOST = 12


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """Attributes:
    area: Part of the picture.
    usual: 0 to 1, how restless the place is anyway.
    quiet_for: Seconds for which most of it has looked the same.
    solid: 0 to 1, how much of it really differs; the rest lies between.
    as_before: -1 to 1, how well its details agree with the background's: it is only lit otherwise.
    """

    box: Box
    area: float
    usual: float
    quiet_for: float
    solid: float
    as_before: float
    window: tuple[slice, slice]
    mask: npt.NDArray[np.bool_]

    def paint(self, on: Mask) -> None:
        on[self.window][self.mask] = 1


def blobs(background: Background, time: float) -> list[Blob]:
    """At most twelve, largest first."""
    changed = background.changed
    _, found, stats, _ = cv2.connectedComponentsWithStats(changed, connectivity=8)
    labels = np.asarray(found, np.int32)
    least = LEAST_AREA * changed.size
    order = [i for i in np.argsort(-stats[1:, cv2.CC_STAT_AREA]) + 1 if stats[i, 4] >= least]
    return [
        _blob(background, time, labels, np.asarray(stats[i], np.int32), int(i))
        for i in order[:_MOST]
    ]


def _blob(
    background: Background,
    time: float,
    labels: npt.NDArray[np.int32],
    stats: npt.NDArray[np.int32],
    label: int,
) -> Blob:
    left, top, width, height, area = (int(value) for value in stats)
    window = (slice(top, top + height), slice(left, left + width))
    mask = labels[window] == label
    high, wide = labels.shape
    quiet = time - background.changed_at[window][mask]
    return Blob(
        box=(left / wide, top / high, (left + width) / wide, (top + height) / high),
        area=area / labels.size,
        usual=float(background.usual[window][mask].mean()),
        quiet_for=float(np.partition(quiet, quiet.size * 3 // 10)[quiet.size * 3 // 10]),
        solid=float(background.differs[window][mask].mean()),
        as_before=alike(
            details(background.now[window])[mask], details(background.behind[window])[mask]
        ),
        window=window,
        mask=mask,
    )
