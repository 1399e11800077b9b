"""What a push writes: pictures as they are, sound as AAC on an even time line."""

from __future__ import annotations

import asyncio
import socket
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ingress.livekit_ingress.push_process import PushProcess
from ingress.reader.messages import Failed, Request, Sound, Unit, encode
from ingress.rtmp_push.aac import FRAME, RATE, Samples
from ingress.rtmp_push.push import GoneError, Pipe, Push, run
from tests.support.ports import free_port

FPS = 15
PIECE = 480


def units(count: int = 30) -> list[Unit]:
    """H.264 as a reader hands it over, beginning at second 100."""
    context = av.VideoCodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = 320, 180, "yuv420p"
    context.time_base = Fraction(1, FPS)
    context.gop_size = FPS
    context.options = {"preset": "ultrafast", "tune": "zerolatency"}
    made = []
    for at in range(count):
        frame = av.VideoFrame.from_ndarray(np.full((270, 320), at, np.uint8), format="yuv420p")
        frame.pts, frame.time_base = at, Fraction(1, FPS)
        for packet in context.encode(frame):
            data = bytes(packet)
            made.append(Unit("h264", packet.is_keyframe, 320, 180, 100 + at / FPS, 0.0, data))
    return made


def sound(time: float, count: int = PIECE) -> Sound:
    """Samples that are 1."""
    return Sound(time, 0.0, np.ones(count, np.int16).tobytes())


def test_pictures_arrive_unchanged_and_sound_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "pushed.flv"
    made = units()
    push = Push(str(path), made[0], sound=True)
    for unit in made:
        push.show(unit)
        for piece in range(7):
            push.play(sound(unit.time - 0.2 + piece * PIECE / RATE))
    push.close()
    with av.open(str(path)) as written:
        video, audio = written.streams.video[0], written.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 320, 180)
        assert (audio.codec_context.name, audio.codec_context.sample_rate) == ("aac", RATE)
        packets = [one for one in written.demux(video) if one.size]
    times = [float(one.pts * one.time_base) for one in packets if one.pts is not None]
    assert times == pytest.approx([at / FPS for at in range(30)], abs=0.001)
    with av.open(str(path)) as written:
        frames = [frame.to_ndarray() for frame in written.decode(video=0)]
    levels = [int(frame[:180].mean()) for frame in frames]
    assert levels == pytest.approx(list(range(30)), abs=2)


def test_times_never_stand_still_or_go_back(tmp_path: Path) -> None:
    path = tmp_path / "pushed.flv"
    first, second, third = units(3)
    push = Push(str(path), first, sound=False)
    push.show(first)
    push.show(Unit("h264", False, 320, 180, first.time, 0.0, second.data))
    push.show(Unit("h264", False, 320, 180, first.time - 5, 0.0, third.data))
    push.close()
    with av.open(str(path)) as written:
        times = [one.dts for one in written.demux(video=0) if one.size]
    assert times == [0, 1, 2]


def cut(*pieces: Sound) -> list[tuple[int, int, int]]:
    """Position, length and sum of every frame."""
    samples = Samples(100.0)
    return [
        (position, len(data) // 2, int(np.frombuffer(data, np.int16).sum()))
        for piece in pieces
        for position, data in samples.add(piece)
    ]


def test_sound_is_cut_into_frames_one_after_the_other() -> None:
    pieces = [sound(100 + at * PIECE / RATE) for at in range(10)]
    expected = [(at * FRAME, FRAME, FRAME) for at in range(10 * PIECE // FRAME)]
    assert cut(*pieces) == expected


def test_sound_from_before_the_picture_is_left_out() -> None:
    assert cut(sound(99.0, RATE), sound(100.0, FRAME)) == [(0, FRAME, FRAME)]


def test_a_small_wander_of_the_clock_changes_nothing_and_a_gap_becomes_silence() -> None:
    wander = cut(sound(100.0, FRAME), sound(100.0 + FRAME / RATE + 0.02, FRAME))
    assert wander == [(0, FRAME, FRAME), (FRAME, FRAME, FRAME)]
    gap = cut(sound(100.0, FRAME), sound(100.0 + 3 * FRAME / RATE + 0.1, 2 * FRAME))
    assert [position for position, _, _ in gap] == [at * FRAME for at in range(len(gap))]
    assert sum(total for _, _, total in gap) < len(gap) * FRAME
    late = cut(sound(100.0, FRAME), sound(160.0, FRAME))
    assert late[1][0] == 60 * RATE


def test_sound_that_comes_twice_is_taken_once() -> None:
    assert cut(sound(100.0, RATE), sound(100.0, RATE), sound(101.0, FRAME))[-1][0] <= RATE + FRAME


def owned(*messages: Request | Unit | Sound) -> Failed:
    """What a push says that gets these messages."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for message in messages:
            ours.sendall(b"".join(encode(message)))
        ours.shutdown(socket.SHUT_WR)
        return run(Pipe(theirs))


def test_a_server_that_is_not_there_is_told_without_the_key() -> None:
    url = f"rtmp://127.0.0.1:{free_port()}/live/geheim"
    failed = owned(Request(url=url), *units(2))
    assert failed.kind == "refused"
    assert "geheim" not in failed.text


async def test_a_push_that_hangs_is_ended_by_its_owner() -> None:
    accepted = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        push = await PushProcess.begin(f"rtmp://127.0.0.1:{port}/live/geheim", sound=False)
        try:
            assert b"geheim" not in await asyncio.to_thread(command_line, push.pid)
            assert push.send(units(1)[0])
            async with asyncio.timeout(20):
                await accepted.wait()
        finally:
            async with asyncio.timeout(10):
                await push.aclose()
    assert push.stuck(0.0) == 0.0
    assert not push.send(units(1)[0])


def command_line(pid: int) -> bytes:
    """As everybody on the machine sees it."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_without_a_key_picture_nothing_is_pushed_and_the_end_of_the_owner_is_the_end() -> None:
    _, second = units(2)
    with pytest.raises(GoneError):
        owned(Request(url="rtmp://127.0.0.1:1/live/key"), second)
    with pytest.raises(GoneError):
        owned(second)
