"""Sower: jobs that are dispatched, run for a while by the sandbox's clock, and leave files behind."""
