"""gen3.tools: manifests, metadata, downloads."""
