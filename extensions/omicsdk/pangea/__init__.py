"""Pangea: `Knex` and its objects with the names of the published client, `Pangea` and `AsyncPangea` typed."""
