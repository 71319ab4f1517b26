"""Requests over libcurl: how many at once, how fast, from which server."""
