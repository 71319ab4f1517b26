"""Uploads: files are staged in a bucket, taken over by the service, and become a bundle."""
