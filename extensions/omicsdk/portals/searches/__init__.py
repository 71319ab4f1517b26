"""Search of portals: the query, the deadline and the table in `search`, and the searchers of portals, in modules by family."""
