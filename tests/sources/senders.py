"""Players and servers set up to send, each on a stage; all give the address to read."""

from __future__ import annotations

from tests.peers.camera_encoders import Look
from tests.peers.files import write_file
from tests.peers.nasty_rtsp import Manners
from tests.sources.stage import Stage
from tests.support.ports import free_port


def rtmp(stage: Stage) -> str:
    """A camera that pushes to mediamtx, pulled from there."""
    return stage.media.rtmp(stage.pushed("open/rtmp", Look(), "aac"))


def srt(stage: Stage) -> str:
    """From mediamtx by SRT."""
    return stage.media.srt(stage.published("open/srt", Look(), "aac"))


def hls(stage: Stage) -> str:
    """From mediamtx as a playlist."""
    return stage.media.hls(stage.published("open/hls", Look(), "aac"))


def srt_ffmpeg(stage: Stage) -> str:
    """ffmpeg that waits for an SRT caller."""
    port = free_port()
    to = f"srt://127.0.0.1:{port}?mode=listener"
    stage.ffmpeg(Look(), "aac", "mpegts", "-f", "mpegts", to)
    return f"srt://127.0.0.1:{port}"


def rtsp_ffmpeg(stage: Stage) -> str:
    """ffmpeg that publishes to mediamtx: AAC comes in bundles of up to 0.7 s."""
    return stage.media.rtsp(stage.copied("open/ffmpeg", Look(), "aac"))


def nasty(stage: Stage) -> str:
    """A camera that does at once what other cameras do one by one."""
    manners = Manners(
        sprop=False,
        sets="first",
        garbage=bytes(range(40)),
        sound=True,
        refuse=461,
        offers=("MD5", "SHA-256"),
        rotating=True,
        hangs_up=True,
    )
    return stage.nasty(manners).url()


def rtp_ffmpeg(stage: Stage) -> str:
    """ffmpeg that sends MPEG-TS in RTP."""
    port = free_port()
    stage.ffmpeg(Look(), "aac", "mpegts", "-f", "rtp_mpegts", f"rtp://127.0.0.1:{port}")
    return f"rtp://@:{port}"


def vlc_udp(stage: Stage) -> str:
    """VLC that sends MPEG-TS by UDP."""
    port = free_port()
    stage.vlc(Look(), "aac", f"#std{{access=udp,mux=ts,dst=127.0.0.1:{port}}}")
    return f"udp://@:{port}"


def hls_ffmpeg(stage: Stage) -> str:
    """ffmpeg that writes a playlist for a web server: all pictures of a segment, then its sound."""
    folder, address = stage.web()
    words = ("-bsf:a", "aac_adtstoasc", "-f", "hls", "-hls_time", "2", "-hls_segment_type", "fmp4")
    stage.ffmpeg(Look(), "aac", "mpegts", *words, str(folder / "live.m3u8"))
    return f"{address}/live.m3u8"


def mjpeg_ffmpeg(stage: Stage) -> str:
    """ffmpeg that serves JPEGs."""
    address = f"http://127.0.0.1:{free_port()}/cam.mjpg"
    stage.ffmpeg(Look("mjpeg"), "", "nut", "-f", "mpjpeg", "-listen", "1", address)
    return address


def ts_ffmpeg(stage: Stage) -> str:
    """ffmpeg that serves MPEG-TS."""
    address = f"http://127.0.0.1:{free_port()}/cam.ts"
    stage.ffmpeg(Look(), "aac", "mpegts", "-f", "mpegts", "-listen", "1", address)
    return address


def flv_ffmpeg(stage: Stage) -> str:
    """ffmpeg that serves FLV, at an address as Reolink has it."""
    address = f"http://127.0.0.1:{free_port()}/flv?app=bcs&user=admin&password=secret"
    stage.ffmpeg(Look(), "aac", "mpegts", "-f", "flv", "-listen", "1", address.partition("?")[0])
    return address


def gst_srt(stage: Stage) -> str:
    """GStreamer that waits for an SRT caller."""
    to = f"srt://127.0.0.1:{free_port()}"
    sink = f"srtsink uri={to}?mode=listener wait-for-connection=false"
    stage.gstreamer(
        Look(), "", f"tcpserversrc host=127.0.0.1 port=PORT ! tsparse alignment=7 ! {sink}"
    )
    return to


def screen(stage: Stage) -> str:
    """A desktop."""
    return f"screen::{stage.screen(640, 360)}"


def mp4(stage: Stage) -> str:
    """A film on a web server."""
    folder, address = stage.web()
    write_file(folder / "clip.mp4", Look(), sound="aac")
    return f"{address}/clip.mp4"


def vlc_rtsp(stage: Stage) -> str:
    """VLC as an RTSP server."""
    address = f"rtsp://127.0.0.1:{free_port()}/cam"
    stage.vlc(Look(), "aac", f"#rtp{{sdp={address}}}")
    return address


def vlc_http(stage: Stage) -> str:
    """VLC that serves MPEG-TS."""
    port = free_port()
    stage.vlc(Look(), "aac", f"#std{{access=http,mux=ts,dst=127.0.0.1:{port}/cam.ts}}")
    return f"http://127.0.0.1:{port}/cam.ts"


def vlc_mjpeg(stage: Stage) -> str:
    """VLC that serves JPEGs."""
    port = free_port()
    jpegs = "#transcode{venc=avcodec{strict=-1},vcodec=MJPG,vb=2000}"
    to = f"std{{access=http,mux=mpjpeg,dst=127.0.0.1:{port}/cam.mjpg}}"
    stage.vlc(Look(), "", f"{jpegs}:{to}")
    return f"http://127.0.0.1:{port}/cam.mjpg"


def vlc_screen(stage: Stage) -> str:
    """VLC that sends a desktop by RTSP."""
    address = f"rtsp://127.0.0.1:{free_port()}/screen"
    encoder = "venc=x264{preset=ultrafast,tune=zerolatency,keyint=10},vcodec=h264,vb=1500"
    stage.vlc_screen(stage.screen(640, 360), f"#transcode{{{encoder}}}:rtp{{sdp={address}}}")
    return address


def vlc_file(stage: Stage) -> str:
    """VLC that plays a film over and over, by RTSP."""
    address = f"rtsp://127.0.0.1:{free_port()}/film"
    path = write_file(stage.folder / "film.mp4", Look(), sound="aac", seconds=30)
    stage.vlc_file(path, f"#rtp{{sdp={address}}}")
    return address
