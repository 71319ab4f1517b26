"""What the commands for files of every platform do."""
