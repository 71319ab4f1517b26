"""Downloads into file systems that aren't local: whatever fsspec can write to."""
