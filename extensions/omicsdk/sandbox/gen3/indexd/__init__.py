"""Indexd of the commons: records of files, their versions and aliases, bundles, and what DRS and DOS tell of them."""
