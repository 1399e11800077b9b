"""Sources over HTTP: MJPEG in all its forms, snapshots, HLS and films, through one client."""
