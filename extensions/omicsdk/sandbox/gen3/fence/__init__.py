"""Fence, the service of logins, presigned URLs and uploads."""
