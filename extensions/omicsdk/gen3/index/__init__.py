"""The index of a commons (Indexd): `Gen3Index`, with gen3sdk's names and arguments."""

from omicsdk.gen3.index.client import Gen3Index as Gen3Index
