"""Commands of the digital-twin workflow."""

from __future__ import annotations

from omicsdk.cli.commands import dtp
from omicsdk.cli.commands.values import file_or_stdout, not_empty
from omicsdk.cli.index import Entry

_HERE = "--program demo1 --project 12L"
_DATA_SET = "dataset-12L_1-version-1"

# Empty ones, of a shell variable that is not set, would be those of the settings.
_NAMES = {"program": not_empty, "project": not_empty}
_NAMES_AND_EXPERIMENT = {**_NAMES, "experiment": not_empty}

READS = ("convert", "validate", "download", "query", "export")
WRITES = ("submit",)

COMMANDS = (
    Entry(
        "convert",
        dtp.convert,
        like=(dtp.ProjectOptions,),
        checks={"project": not_empty, "experiment": not_empty},
        examples=(
            "my-dataset records --project 12L",
            f"my-dataset records --project 12L --experiment {_DATA_SET} --schema-dir sds-dictionary",
        ),
    ),
    Entry(
        "validate",
        dtp.validate,
        checks=_NAMES_AND_EXPERIMENT,
        examples=("my-dataset --project 12L", f"records {_HERE} --output table"),
    ),
    Entry(
        "submit",
        dtp.submit,
        like=(dtp.DataSet,),
        checks=_NAMES,
        examples=(f"records {_HERE} --dry-run", "records --config workflow.ini --refused --output tsv"),
    ),
    Entry(
        "download",
        dtp.download,
        checks=_NAMES,
        limits=("time_budget", "require_checksum"),
        title="Download of",
        examples=(
            f"{_DATA_SET} --config workflow.ini",
            f"{_DATA_SET} data --config gen3.json --storage-config irods.json",
        ),
    ),
    Entry(
        "query",
        dtp.query,
        checks=_NAMES,
        examples=(
            "--projects",
            f"--node case {_HERE} --output table",
            "'{ experiment(first: 0) { submitter_id } }' --query experiment[].submitter_id",
            '@cases.graphql --variables \'{"sex": ["F"]}\'',
        ),
    ),
    Entry(
        "export",
        dtp.export,
        like=(dtp.download,),
        checks={**_NAMES_AND_EXPERIMENT, "file": file_or_stdout},
        short={"file": "-f"},
        metavars={"sds": "FOLDER"},
        examples=(
            f"case {_HERE} --file cases.tsv",
            f"--record 0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d {_HERE}",
            f"--sds restored --experiment {_DATA_SET} {_HERE}",
        ),
    ),
)
