"""When things are shown and said."""
