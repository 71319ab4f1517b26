"""What the manual is made of and by; `docs/build.py` runs it."""
