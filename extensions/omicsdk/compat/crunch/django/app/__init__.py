"""Enums of statuses of the published Django application."""
