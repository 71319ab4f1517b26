"""Workspace storage: a folder of files for each user, read and written at presigned addresses."""
