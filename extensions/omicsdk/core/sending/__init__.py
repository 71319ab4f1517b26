"""Sending of requests: `transport` sends one and decides what follows an answer, `wire` sends it over `connections`."""
