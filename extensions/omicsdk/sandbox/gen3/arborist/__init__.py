"""Arborist, the service that knows who may do what."""
