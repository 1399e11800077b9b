"""Questions from everybody in the room: how they come, whose turn it is, what becomes of them."""
