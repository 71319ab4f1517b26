"""The client of django-crunch: connections, runs, enums, diagnostics and utils."""
