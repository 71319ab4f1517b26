"""What a sandbox keeps: its folder, the database, contents and their addresses, switches, time, and all of it as one file."""
