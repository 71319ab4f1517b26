"""Of the published package's Django application, the enums that statuses have."""
