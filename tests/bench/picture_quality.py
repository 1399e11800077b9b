"""How the delayed picture looks, and what it costs: `python -m tests.bench.picture_quality
--footage FILE`.

Encodes footage at 720p30 as the agent does and in other ways, decodes it and compares it with the
source. Beside each way stands a plain two-second GOP without a limit, at the bitrate that the way
itself took.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from numpy.typing import NDArray

from video.encoder import Codec, Encoded, VideoEncoder

Pictures = list[NDArray[np.uint8]]

WIDTH, HEIGHT, FPS = 1280, 720, 30
BEFORE = 5
"""Pictures before a key frame that its sharpness is compared with."""

STEP = 3
"""Each third picture is compared with the source, key frames among them."""

BLOCK = (8, 8)

PLAIN = {"tune": "zerolatency", "profile": "baseline", "forced-idr": "1"}
NO_PULSE = "no-deblock=0:subme=1:analyse=i4x4"

WAYS: dict[str, tuple[float, dict[str, str]]] = {
    "ultrafast, 1 s": (1.0, {"preset": "ultrafast"}),
    "ultrafast, 2 s": (2.0, {"preset": "ultrafast"}),
    "and deblocking, 1 s": (1.0, {"preset": "ultrafast", "x264-params": "no-deblock=0"}),
    "and subme 1, 1 s": (1.0, {"preset": "ultrafast", "x264-params": "subme=1"}),
    "both and i4x4, 1 s": (1.0, {"preset": "ultrafast", "x264-params": NO_PULSE}),
    "both and i4x4, 2 s": (2.0, {"preset": "ultrafast", "x264-params": NO_PULSE}),
    "superfast, 1 s": (1.0, {"preset": "superfast"}),
    "veryfast, 1 s": (1.0, {"preset": "veryfast"}),
}
"""Seconds between key frames, and what is set besides PLAIN, crf 25 and the limit of 1/8 s."""


@dataclass(frozen=True)
class Figures:
    """All but sizes and CPU are over pictures after the first second."""

    bitrate: float
    ssim: float
    lowest: float
    dip: float
    """Percent of sharpness that a key frame lacks beside the pictures before it, on average."""
    worst_dip: float
    largest: int
    """Bytes."""
    over_mean: float
    """The largest packet in mean packets."""
    cpu: float
    """Median milliseconds a picture."""


def read(footage: Path, count: int, noise: float) -> Pictures:
    """I420 pictures; noise: standard deviation of a camera's, that is put on sharpened footage."""
    rng = np.random.default_rng(1)
    grains = [rng.normal(0, noise, (HEIGHT, WIDTH)) for _ in range(7)] if noise else []
    pictures: Pictures = []
    with av.open(footage) as container:
        for frame in container.decode(video=0):
            scaled = frame.reformat(WIDTH, HEIGHT, "yuv420p", interpolation="BICUBIC")
            picture = scaled.to_ndarray()
            if grains:
                luma = picture[:HEIGHT].astype(np.float32)
                luma += 0.8 * (luma - cv2.GaussianBlur(luma, (0, 0), 2))
                luma += grains[len(pictures) % len(grains)]
                picture[:HEIGHT] = np.clip(luma, 0, 255)
            pictures.append(picture.astype(np.uint8))
            if len(pictures) == count:
                break
    return pictures


def by_agent(codec: Codec, bitrate: int) -> Callable[[NDArray[np.uint8], float], list[Encoded]]:
    """The agent's own encoder."""
    return VideoEncoder(codec, bitrate).encode


def by_x264(
    options: dict[str, str], interval: float, bitrate: int = 0
) -> Callable[[NDArray[np.uint8], float], list[Encoded]]:
    """x264 with a key frame each `interval` seconds."""
    context = VideoCodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 1_000_000), Fraction(FPS, 1)
    context.bit_rate, context.gop_size, context.thread_count = bitrate, 10_000, 1
    context.options = PLAIN | options
    group = round(interval * FPS)

    def encode(picture: NDArray[np.uint8], moment: float) -> list[Encoded]:
        frame = av.VideoFrame.from_numpy_buffer(picture, format="yuv420p")
        frame.pts, frame.time_base = round(moment * 1_000_000), context.time_base
        if round(moment * FPS) % group == 0:
            frame.pict_type = PictureType.I
        return [
            Encoded("h264", bytes(packet), packet.is_keyframe, WIDTH, HEIGHT, moment)
            for packet in context.encode(frame)
        ]

    return encode


def measure(
    pictures: Pictures, encode: Callable[[NDArray[np.uint8], float], list[Encoded]]
) -> Figures:
    """Encode, decode and compare."""
    packets: list[Encoded] = []
    costs = []
    for number, picture in enumerate(pictures):
        begun = time.thread_time()
        packets += encode(picture, number / FPS)
        costs.append(time.thread_time() - begun)
    decoder = VideoCodecContext.create(packets[0].codec, "r")
    shown = [frame for packet in packets for frame in decoder.decode(av.Packet(packet.data))]
    shown += decoder.decode(None)
    lumas = [frame.to_ndarray()[:HEIGHT].astype(np.uint8) for frame in shown]
    pairs = list(zip((picture[:HEIGHT] for picture in pictures), lumas, strict=True))
    alike = [ssim(source, luma) for source, luma in pairs[FPS::STEP]]
    sharp = [sharpness(luma) / sharpness(source) for source, luma in pairs]
    keys = [n for n, packet in enumerate(packets) if packet.key and n >= FPS]
    dips = [100 * (1 - sharp[n] / np.mean(sharp[n - BEFORE : n])) for n in keys]
    sizes = [len(packet.data) for packet in packets[FPS:]]
    mean = float(np.mean(sizes))
    return Figures(
        bitrate=mean * 8 * FPS,
        ssim=float(np.mean(alike)),
        lowest=min(alike),
        dip=float(np.mean(dips)),
        worst_dip=float(max(dips)),
        largest=max(sizes),
        over_mean=max(sizes) / mean,
        cpu=float(np.median(costs)) * 1000,
    )


def ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean structural similarity of two luma planes, 1 for the same."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    mean_a, mean_b = cv2.blur(a, BLOCK), cv2.blur(b, BLOCK)
    var_a = cv2.blur(a * a, BLOCK) - mean_a**2
    var_b = cv2.blur(b * b, BLOCK) - mean_b**2
    both = cv2.blur(a * b, BLOCK) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    light = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return float(np.mean(light * (2 * both + c2) / (var_a + var_b + c2)))


def sharpness(luma: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian; what a decoder makes up at the edges of blocks counts too."""
    return float(cv2.Laplacian(np.ascontiguousarray(luma), cv2.CV_32F).var())


def show(name: str, figures: Figures, plain: Figures) -> None:
    """One row of the table."""
    print(
        f"| {name} | {figures.bitrate / 1000:.0f} | {figures.ssim:.4f} ({plain.ssim:.4f}) "
        f"| {figures.lowest:.4f} ({plain.lowest:.4f}) "
        f"| {figures.dip:.0f}, {figures.worst_dip:.0f} ({plain.dip:.0f}, {plain.worst_dip:.0f}) "
        f"| {figures.largest / 1000:.0f} kB, {figures.over_mean:.1f} "
        f"({plain.largest / 1000:.0f} kB, {plain.over_mean:.1f}) "
        f"| {figures.cpu:.1f} ({plain.cpu:.1f}) |",
        flush=True,
    )


def main() -> None:
    """Prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--footage", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--bitrate", type=int, default=2_500_000)
    parser.add_argument("--noise", type=float, default=0.0, help="of a camera, in grey levels")
    options = parser.parse_args()
    pictures = read(options.footage, round(options.seconds * FPS), options.noise)
    print(
        "| way (a plain 2 s GOP at the same bitrate) | kbit/s | SSIM | lowest | dip %, worst ",
        end="",
    )
    print("| largest packet, in mean packets | CPU ms |\n|---|---|---|---|---|---|---|")
    limit = {"maxrate": str(options.bitrate), "bufsize": str(options.bitrate // 8), "crf": "25"}
    ways = {
        "the agent's h264": by_agent("h264", options.bitrate),
        "the agent's vp8": by_agent("vp8", options.bitrate),
    } | {name: by_x264(given | limit, interval) for name, (interval, given) in WAYS.items()}
    for name, encode in ways.items():
        figures = measure(pictures, encode)
        plain = by_x264({"preset": "ultrafast"}, 2.0, round(figures.bitrate))
        show(name, figures, measure(pictures, plain))


if __name__ == "__main__":
    main()
