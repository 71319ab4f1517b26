"""The commands of `omics crunch` that process datasets, and those that look, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.crunch.words import STORAGE, command, option, switch, with_examples, word
from omicsdk.cli.workflows.words import flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_HOW: list[Argument] = [
    STORAGE,
    option("directory", "Folder in which each dataset gets a separate folder.", "./tmp"),
    option("cores", "How many cores Snakemake may use, or all.", "1"),
    {
        **option("workflow", "What the workflow is: a Snakefile, or a script that runs by itself.", "snakemake"),
        "choices": ["snakemake", "script"],
    },
    option("path", "File of the workflow, in place of the project's."),
    *switch("download", "Bring the dataset's files from the storage before.", default=True),
    *switch("upload", "Put new and changed files into the storage afterwards.", default=True),
    flag(
        "allow_shared_folder",
        "Run it although another dataset has files in its folder of the storage, which a run may overwrite.",
    ),
    *switch("cleanup", "Delete the dataset's folder after a success.", default=False),
]
_PROJECT = option("project", "Slug of a project, to take its datasets only.", "")
_STAGES = (
    "Its files are brought, the workflow runs, and what is new or changed is put back; the site is notified of each of these "
    "stages. It ends with 1 where one failed."
)

OF_RUNNING: list[Command] = [
    command(
        "run",
        "crunch.running:run",
        "Process a dataset.",
        word("dataset", "The dataset's slug."),
        *_HOW,
        flag("take_over", "Run it although another runner began and hasn't ended, because it never will."),
        description=with_examples(
            _STAGES,
            "run my-project:reads --storage-settings storage.toml --cores all",
            "run my-project:reads --workflow script --path count.sh --no-upload",
        ),
    ),
    command(
        "next",
        "crunch.running:following",
        "Process the dataset that is next.",
        _PROJECT,
        *_HOW,
        description=with_examples(f"{_STAGES} So it does where no dataset is left.", "next --project my-project"),
    ),
    command(
        "loop",
        "crunch.running:loop",
        "Process one dataset after the other until none is left.",
        _PROJECT,
        *_HOW,
        description=with_examples(
            "A dataset that fails doesn't stop the others: it ends with 3 where some failed, with 1 where all did. Several "
            "machines may work on one site at the same time.",
            "loop --project my-project --workflow script --cleanup",
        ),
    ),
    command(
        "files",
        "crunch.looking:files",
        "Show the files that a dataset has in the storage.",
        word("dataset", "The dataset's slug."),
        STORAGE,
        description=with_examples("", "files my-project:reads", "files my-project:reads --output json"),
    ),
    {
        **command(
            "diagnostics",
            "crunch.looking:diagnostics",
            "Show what is sent to the site about this machine with each stage.",
            description=with_examples("No site is asked.", "diagnostics --query hostname"),
        ),
        "bare": True,
    },
]
