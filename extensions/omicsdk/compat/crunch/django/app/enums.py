"""The stages of a run, and their states."""

from omicsdk.crunch.statuses import Stage, State

__all__ = ["Stage", "State"]
