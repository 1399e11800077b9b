"""Where mediamtx, which takes pushes, comes from; `python -m launcher.mediamtx` gets it."""

from __future__ import annotations

import sys

from launcher.go_server import GoServer, main

VERSION = "1.20.1"

MEDIAMTX = GoServer(
    "mediamtx",
    VERSION,
    f"https://github.com/bluenviron/mediamtx/releases/download/v{VERSION}",
    f"mediamtx_v{VERSION}_linux_{{machine}}.tar.gz",
    "checksums.sha256",
    "github.com/bluenviron/mediamtx",
    "h1:nY/EAViwn1zN9krUOTCsuU7v+cAdJ62jdrcc8pI9grI=",
    files={
        "internal/core/VERSION": f"v{VERSION}",
        "internal/servers/hls/hls.min.js": "// left out\n",
    },
)

if __name__ == "__main__":
    sys.exit(main(MEDIAMTX))
