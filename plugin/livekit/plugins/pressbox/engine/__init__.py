"""The client of engine servers."""
