"""The real programs that tests take sources from: media servers, cameras, players, bad servers."""
