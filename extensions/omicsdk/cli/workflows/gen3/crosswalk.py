"""The commands of `omics gen3 objects crosswalk`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.gen3.words import DRY_RUN, command, option, output_file, spelled, with_examples, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

_FILE = word("file", "Crosswalk: a table (.csv, .tsv) whose columns are called COMMONS|TYPE|NAME; a row is a subject.")

OF_CROSSWALK: list[Command] = [
    command(
        "objects crosswalk publish",
        "gen3.crosswalk:publish",
        "Publish what subjects are called in other commons, beside what the commons knows already.",
        _FILE,
        {
            **spelled(option("mapping_methodology", "How the names were matched, in words.")),
            "type": "array",
            "items": "string",
            "required": True,
            "short": "-m",
        },
        option("info", "Table with what is said of the names: commons_url, identifier_name, description."),
        description=with_examples(
            "It ends with 3 where some rows failed.",
            'objects crosswalk publish subjects.csv -m "The registry matched them by name and birthday."',
        ),
    ),
    command(
        "objects crosswalk read",
        "gen3.crosswalk:read",
        "Write the crosswalk of the commons, and beside it NAME_info.csv with what is said of its names.",
        output_file("output_file", "File that is written.", "crosswalk.csv"),
    ),
    command(
        "objects crosswalk verify",
        "gen3.crosswalk:verify",
        "Hold a crosswalk against what the commons knows.",
        _FILE,
        description="Prints each name that isn't known, or is another subject's, with its line and column, and ends with 1; "
        "prints nothing where all is well.",
    ),
    command(
        "objects crosswalk delete",
        "gen3.crosswalk:delete",
        "Take the names of a crosswalk from the commons.",
        _FILE,
        DRY_RUN,
        description="What the commons knows else of the subjects stays. On a terminal it asks first, unless --yes is given.",
    ),
]
