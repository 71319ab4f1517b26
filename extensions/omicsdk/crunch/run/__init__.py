"""Running a dataset's workflow: its files from the storage, the workflow, what changed back to the storage."""

from omicsdk.crunch.run.claim import DatasetTaken, newest_status
from omicsdk.crunch.run.data import SharedFolder
from omicsdk.crunch.run.run import Run

__all__ = ["DatasetTaken", "Run", "SharedFolder", "newest_status"]
