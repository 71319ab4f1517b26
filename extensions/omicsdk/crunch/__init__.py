"""django-crunch: `Connection` and `Run` with the names of the published client, `Crunch` and `AsyncCrunch` typed."""
