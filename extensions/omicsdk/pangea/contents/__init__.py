"""What fields hold, data or files, and the store that the file of a field is uploaded to."""
