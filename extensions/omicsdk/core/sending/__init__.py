"""Sending of requests: `transport` sends one and decides what follows a response, `wire` sends it over `connections`."""
