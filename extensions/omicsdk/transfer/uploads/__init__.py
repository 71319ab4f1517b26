"""Uploads: in parts or whole, to presigned URLs or multipart stores, verified on both sides, resumable."""
