"""The metadata service of a commons: `Gen3Metadata`, with gen3sdk's names and arguments."""

from omicsdk.gen3.metadata.client import Gen3Metadata as Gen3Metadata
