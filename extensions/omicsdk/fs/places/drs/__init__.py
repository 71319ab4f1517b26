"""Objects of DRS servers."""
