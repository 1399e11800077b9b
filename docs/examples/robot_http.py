"""The robot of robot.py with nothing but HTTP: it serves its camera, and asks for everything else.

make standalone SOURCE=http://127.0.0.1:9000/camera
.venv/bin/python docs/examples/robot_http.py http://127.0.0.1:8199 commentary.pcm

In a room: `python -m ingress add http://127.0.0.1:9000/camera --room yard`, and yard as third word.
"""

import json
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

WIDTH, HEIGHT, FPS = 1280, 720, 15
WALL = np.random.default_rng(1).integers(20, 70, (HEIGHT // 40, WIDTH // 40, 3), np.uint8)
ROOM = {"room": sys.argv[3]} if len(sys.argv) > 3 else {}


def picture(seconds: float) -> bytes:
    """What the camera sees, a JPEG file: a red box goes to and fro for 20 s and rests for 10."""
    image = WALL.repeat(40, 0).repeat(40, 1)
    left = round(abs(min(seconds % 30, 20) / 10 - 1) * (WIDTH - 200))
    image[400:600, left : left + 200] = (50, 60, 230)
    return cv2.imencode(".jpg", image)[1].tobytes()


class Camera(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        while True:
            jpeg = picture(time.monotonic())
            head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")
            time.sleep(1 / FPS)


def drive() -> None:
    """Tell how it is, ask, have quiet for a while; and again."""
    while not call("settings", profile="robot", preset="lively", delay=0):
        time.sleep(2)
    rule = {"name": "motion", "if": {"motion": True}, "severity": "warning", "cool_down": 20}
    call("rules", add=rule)
    for battery in range(99, 0, -1):
        call("note", text=f"battery at {battery} %", seconds=120)
        time.sleep(30)
        show("answered", call("ask", {"wait": "1"}, text="What do you see?").get("text"))
        call("settings", mode="idle")  # silent at once; alerts come all the same
        time.sleep(10)
        call("settings", mode="active")


def call(what: str, query: dict[str, str] | None = None, **body: object) -> dict[str, Any]:
    """One of the API's; {} where it says no, or is not there just now."""
    try:
        with fetch(what, query, json.dumps(body).encode()) as answer:
            return dict(json.load(answer))
    except (OSError, HTTPException) as error:
        show(f"{what} failed", error.read() if hasattr(error, "read") else error)
        return {}


def fetch(what: str, query: dict[str, str] | None = None, body: bytes | None = None) -> Any:
    words = urllib.parse.urlencode({**ROOM, **(query or {})})
    request = urllib.request.Request(f"{sys.argv[1]}/api/{what}?{words}", body)
    request.add_header("Content-Type", "application/json")
    return urllib.request.urlopen(request, timeout=120)


def hear() -> None:
    """The commentary as it is spoken, 48 kHz mono int16."""
    with fetch("audio-stream") as sound, open(sys.argv[2], "ab") as file:
        while pcm := sound.read(1920):
            file.write(pcm)


def read() -> None:
    """Lines and alerts, as server-sent events."""
    with fetch("events", {"kinds": "line,alert"}) as events:
        for said in events:
            if said.startswith(b"data:"):
                line = json.loads(said[5:])
                what = line.get("kind") if line.get("phase") == "start" else line.get("dropped")
                if what:
                    ago = time.time() - line["capture_time"]
                    show(what, f"{line['text']} ({ago:.1f} s ago)")


def again(work: Callable[[], None]) -> None:
    """For ever, whatever goes away and comes back."""
    while True:
        try:
            work()
        except (OSError, HTTPException) as error:
            show(f"{work.__name__} broke off", error)
        time.sleep(2)


def show(what: str, text: object) -> None:
    print(f"{time.strftime('%X')} {what:12} {text}", flush=True)


if __name__ == "__main__":
    camera = ThreadingHTTPServer(("127.0.0.1", 9000), Camera)
    threading.Thread(target=camera.serve_forever, daemon=True).start()
    for task in (hear, read):
        threading.Thread(target=again, args=(task,), daemon=True).start()
    drive()
