"""Reports of transfers: progress while one runs, then the outcome of every file, as values, JSON lines or a page."""
