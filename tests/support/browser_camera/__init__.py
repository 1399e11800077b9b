"""A participant that sends raw pictures, as a browser does: WebRTC encodes them."""
