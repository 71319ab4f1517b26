"""Records sent to a commons: their order, their chunks, and what became of each."""
