"""Manifests and the index of a commons: rows indexed, held against it, deleted from it; the index as a manifest."""
