"""What the room reads and writes: status, settings, questions, lines."""
