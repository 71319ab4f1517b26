"""The `omics` command: help and dispatch are plain data and cost next to nothing; the rest is imported when it runs."""
