"""Of the published package's Django application, what its client's programs import."""
