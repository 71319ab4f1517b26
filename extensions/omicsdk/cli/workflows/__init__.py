"""The handwritten commands of each platform, as data that costs nothing to read."""
