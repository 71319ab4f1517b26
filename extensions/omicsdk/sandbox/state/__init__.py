"""A sandbox's state: its folder, the database, contents and their addresses, settings, time, and all of it as one file."""
