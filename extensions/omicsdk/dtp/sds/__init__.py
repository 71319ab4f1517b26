"""Data sets in the SPARC Dataset Structure (SDS): their tables become records, and records become tables."""
