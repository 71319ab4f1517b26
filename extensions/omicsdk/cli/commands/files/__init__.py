"""Commands for files of every platform."""
