"""A video stream that does not lose frames when the machine is busy for a moment."""

from __future__ import annotations

from typing import Any

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto import ffi_pb2, video_frame_pb2

QUEUE = 30
"""Frames that may wait on either side of LiveKit's boundary: a second of video."""


class FrameStream(rtc.VideoStream):
    """`rtc.VideoStream` of I420 frames with a longer native queue.

    LiveKit's own lets one frame wait below Python and drops the rest, without a way to say
    otherwise; the request it sends has the field, so this makes that request.
    """

    def __init__(self, track: rtc.Track) -> None:
        super().__init__(track, capacity=QUEUE, format=rtc.VideoBufferType.I420)
        # LiveKit's own leaves whoever waits for a frame waiting when the track ends.
        self._task.add_done_callback(lambda _: self._queue.put(None))

    def _create_owned_stream(self) -> Any:
        request = ffi_pb2.FfiRequest()
        stream = request.new_video_stream
        if self._track is None:
            raise ValueError("a frame stream needs a track")
        stream.track_handle = self._track._ffi_handle.handle
        stream.type = video_frame_pb2.VIDEO_STREAM_NATIVE
        stream.format = rtc.VideoBufferType.I420
        stream.normalize_stride = True
        stream.queue_size_frames = QUEUE
        return FfiClient.instance.request(request).new_video_stream.stream
