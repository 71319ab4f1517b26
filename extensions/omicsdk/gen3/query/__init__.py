"""Queries to the explorer's service of a commons (Guppy): `Gen3Query`, with gen3sdk's names and arguments."""

from omicsdk.gen3.query.client import Gen3Query as Gen3Query
