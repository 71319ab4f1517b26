"""Indexd of the commons: records of files, their versions and aliases, bundles, and their representations in DRS and DOS."""
