"""Lays one grey picture over another: the camera's shake and the light are taken out. Pure."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.float32]
"""Grey levels 0..255 of shape (height, width)."""

MAX_SHAKE = 6.0
"""Pixels of the small picture; what shifts farther is another view, not a shake."""
_LEAST_SHAKE = 0.15
_STEP = 3
_SPREADS = (40.0, 15.0, 6.0)


class Shake:
    """Finds how far a picture is shifted against another one of the same shape."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._window = cv2.createHanningWindow((shape[1], shape[0]), cv2.CV_32F)

    def undo(self, picture: Levels, reference: Levels) -> Levels:
        """``picture`` shifted laid on ``reference``, where that makes them more alike."""
        # Weighed here: phaseCorrelate would write its window into the pictures themselves.
        (right, down), _ = cv2.phaseCorrelate(reference * self._window, picture * self._window)
        size = max(abs(right), abs(down))
        if not _LEAST_SHAKE <= size <= MAX_SHAKE:
            return picture
        matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
        moved = cv2.warpAffine(
            picture,
            matrix,
            (picture.shape[1], picture.shape[0]),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.float32, copy=False)
        return moved if _unlike(moved, reference) < 0.95 * _unlike(picture, reference) else picture


def relit(reference: Levels, picture: Levels, other: Levels) -> tuple[Levels, Levels]:
    """``reference``, and with it ``other``, in the light of ``picture``.

    That is one tone curve for all, and one level a row.

    The curve is a robust parabola, so that what moves counts little; exposure, gamma and a tint
    are such curves. Levels by row are what lamps on mains current make of a rolling shutter.
    """
    x = (reference[::_STEP, ::_STEP] / 128.0 - 1.0).ravel()
    y = picture[::_STEP, ::_STEP].ravel()
    powers = np.stack([np.ones_like(x), x, x * x])
    curve = np.array([128.0, 128.0, 0.0], np.float32)
    offset = float(_median((y - (x + 1.0) * 128.0)[::4]))
    curve[0] += offset
    for spread in _SPREADS:
        residual = (y - curve @ powers) / spread
        weighed = powers / (1.0 + residual * residual)
        try:
            curve = np.linalg.solve(
                weighed @ powers.T + np.diag([1e-3, 1e-3, 0.02 * x.size]), weighed @ y
            ).astype(np.float32)
        except np.linalg.LinAlgError:
            break
    lit = _toned(reference, curve)
    rows = _median((picture - lit)[:, ::5]).reshape(-1, 1)
    # A box would sharpen some stripes, and they would grow from picture to picture.
    level = np.asarray(cv2.GaussianBlur(rows, (1, 9), 2.0), np.float32)
    return lit + level, _toned(other, curve) + level


def _median(values: Levels) -> Levels:
    """Along the last axis. numpy's own takes ten times as long for as little as this."""
    middle = values.shape[-1] // 2
    return np.asarray(np.partition(values, middle, axis=-1)[..., middle], np.float32)


def _toned(picture: Levels, curve: Levels) -> Levels:
    x = picture * np.float32(1 / 128) - np.float32(1)
    return np.asarray(np.clip(curve[0] + x * (curve[1] + x * curve[2]), 0, 255), np.float32)


def _unlike(one: Levels, other: Levels) -> float:
    apart = cv2.absdiff(one, other)[::_STEP, ::_STEP]
    return float(np.minimum(apart, 30.0).mean())
