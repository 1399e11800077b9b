"""Pushes: streams that others send to us, taken by mediamtx and pulled from there by the relay."""
