"""What a run notes so that the next can go on: an append-only file, locked while it is used."""
