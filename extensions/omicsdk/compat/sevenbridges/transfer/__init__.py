"""Uploads and downloads: handles over `omicsdk.transfer`."""
