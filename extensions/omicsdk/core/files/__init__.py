"""What lies on disk: files written whole or not at all, locks, the home and state folders."""
