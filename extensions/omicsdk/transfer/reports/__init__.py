"""What a transfer tells: progress while it runs, then the outcome of every file, as values, JSON lines or a page."""
