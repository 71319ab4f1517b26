"""What fields hold, data or files, and moving the file of a field."""
