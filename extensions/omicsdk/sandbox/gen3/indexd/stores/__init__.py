"""The tables of the index: records, aliases, bundles."""
