"""The stages of a run, how far they are, what kinds of workflows there are, and how a stage ended."""

from enum import Enum, IntEnum


class Stage(IntEnum):
    """What a run of a dataset goes through, one after the other."""

    SETUP = 1
    WORKFLOW = 2
    UPLOAD = 3


class State(IntEnum):
    """How far a stage is."""

    START = 1
    SUCCESS = 2
    FAIL = 3


class WorkflowType(str, Enum):  # noqa: UP042 - str() of the documented class gives WorkflowType.script, not script
    """What a workflow is: a Snakefile, or a script that runs by itself."""

    snakemake = "snakemake"
    script = "script"


class RunResult(Enum):
    """How a stage or a run ended. It is true where it failed, as in the published client."""

    SUCCESS = 0
    FAIL = 1

    def __bool__(self) -> bool:
        return self.value > 0
