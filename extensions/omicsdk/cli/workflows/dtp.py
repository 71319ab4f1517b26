"""The commands of `omics dtp`, as data."""

from __future__ import annotations

from omicsdk.cli.options import REPORT, REQUIRE_CHECKSUM
from omicsdk.cli.workflows.words import DRY_RUN, QUIET, choice, flag, option, word, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_PROGRAM = option("program", "The program's name. When omitted: what --config says.")
_PROJECT = option("project", "The project's code. When omitted: what --config says.")
_EXPERIMENT = option("experiment", "The data set's name in the commons; that of its folder when omitted.")
_VERSION = choice(
    "sds_version",
    "Version of the SDS whose headers count. When omitted: the one that the data set states.",
    ["1.2.3", "2.0.0", "2.1.0", "3.0.0", "3.0.1", "3.0.2"],
)
_WRITTEN_VERSION: Argument = {
    **_VERSION,
    "help": "Version of the SDS in which metadata is written. When omitted: the one that its records state.",
}
_SCHEMA = option(
    "schema_dir", "Dictionary: a folder with a file for each node, or one file. That of the commons when omitted."
)
_SOURCE = word("source_dir", "The data set's folder: dataset_description.xlsx, subjects.xlsx and so on.")
_CHUNK: Argument = {
    **option(
        "chunk_size", "Records that are sent at once; fewer where the commons can't take as many.", 100, "integer"
    ),
    "convert": "omicsdk.cli.commands.numbers:at_least_1",
}


def with_examples(text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        text: What comes before.
        lines: The examples, without the program's name.
    """
    return "\n".join([text, "", "Examples:", "", *(f"    omics dtp {line}" for line in lines)])


COMMANDS: list[Command] = [
    {
        "command": "convert",
        "summary": "Make files of records of an SDS data set.",
        "description": with_examples(
            "The records can be submitted as they are. Where anything is wrong nothing is written: each fault is printed with "
            "its file, sheet, row and column, and it ends with 1.",
            "convert my-dataset records --project 12L",
            "convert my-dataset records --project 12L --experiment dataset-12L_1-version-1 --schema-dir sds-dictionary",
        ),
        "run": "omicsdk.cli.commands.dtp.conversion:convert",
        "parameters": [
            _SOURCE,
            word("dest_dir", "Folder that gets the files; made when it isn't there."),
            _PROJECT,
            _EXPERIMENT,
            _VERSION,
            _SCHEMA,
            flag("skip_invalid", "Leave out records with faults, and those that link to them; it ends with 3 then."),
        ],
    },
    {
        "command": "validate",
        "summary": "Hold a data set, or records, against the dictionary; each fault with file, sheet, row and column.",
        "description": with_examples(
            "Prints nothing where all is well, and ends with 1 where something is wrong. Nothing is written or sent.",
            "validate my-dataset --project 12L",
            "validate records --program demo1 --project 12L --output table",
        ),
        "run": "omicsdk.cli.commands.dtp.conversion:validate",
        "parameters": [
            word("source", "An SDS data set's folder; or a folder or file of records (.json, .tsv, .csv, .xlsx)."),
            {
                **_PROGRAM,
                "help": "The program's name; with --project the project must exist, and links of records are checked against it.",
            },
            _PROJECT,
            _EXPERIMENT,
            _VERSION,
            _SCHEMA,
        ],
    },
    {
        "command": "submit",
        "summary": "Submit files or folders of records; each is created, updated or refused by itself.",
        "description": with_examples(
            "Records are validated against the dictionary before anything is sent, and go in the order in which they link to each "
            "other. Each record's outcome is printed: created, updated, unchanged, valid (dry run), invalid or failed, with "
            "the reasons. It ends with 3 where some were refused, with 1 where all were.",
            "submit records --program demo1 --project 12L --dry-run",
            "submit records --config workflow.ini --refused --output tsv",
        ),
        "run": "omicsdk.cli.commands.dtp.submission:submit",
        "parameters": [
            words("files", "Files of records (.json, .jsonl, .tsv, .csv, .xlsx), or folders of such files."),
            _PROGRAM,
            _PROJECT,
            _SCHEMA,
            _CHUNK,
            flag("all_or_nothing", "Send nothing when anything is found wrong in any record before."),
            option(
                "journal", "File that notes what was taken: with the same one, a submission that was stopped resumes."
            ),
            flag("refused", "Print only the records that weren't taken."),
            {**DRY_RUN, "help": "Have the commons say what it would do; nothing is stored."},
        ],
    },
    {
        "command": "download",
        "summary": "Download a data set as an SDS folder: its files from iRODS or a PACS, its metadata from the commons.",
        "description": with_examples(
            "--config says where the files are and how the commons is reached. Complete files aren't fetched again; run the "
            "command again to resume. A file that fails doesn't stop the others.",
            "download dataset-12L_1-version-1 --config workflow.ini",
            "download dataset-12L_1-version-1 data --config gen3.json --storage-config irods.json",
        ),
        "run": "omicsdk.cli.commands.dtp.downloads:download",
        "parameters": [
            word("dataset_id", "The data set's name in the commons: the submitter_id of its experiment."),
            word("dest", "Folder in which the data set's folder is made.", required=False, default="."),
            option(
                "storage_config", "Settings of iRODS or the PACS, where they aren't in --config: an INI or JSON file."
            ),
            choice("storage", "Where the files are; when omitted the settings say.", ["pacs", "irods"]),
            _WRITTEN_VERSION,
            _PROGRAM,
            _PROJECT,
            QUIET,
            REQUIRE_CHECKSUM,
            REPORT,
        ],
    },
    {
        "command": "query",
        "summary": "Give programs and projects, the records of a node, or the answer to a GraphQL query.",
        "description": with_examples(
            "A query's answer is its data.",
            "query --projects",
            "query --node case --program demo1 --project 12L --output table",
            "query '{ experiment(first: 0) { submitter_id } }' --query experiment[].submitter_id",
            'query @cases.graphql --variables \'{"sex": ["F"]}\'',
        ),
        "run": "omicsdk.cli.commands.dtp.queries:query",
        "parameters": [
            word("text", "A query in GraphQL; @FILE for what is in a file, - for stdin.", required=False),
            option("variables", "Values of its variables: a JSON object, or @FILE.", kind="object"),
            option("node", "All records of this node, such as case."),
            flag("projects", "The programs and their projects; those of --program where it is given."),
            _PROGRAM,
            _PROJECT,
        ],
    },
    {
        "command": "export",
        "summary": "Give records out: to stdout, into a file, or as the tables of an SDS data set.",
        "description": with_examples(
            "JSON and TSV can be submitted again.",
            "export case --program demo1 --project 12L --file cases.tsv",
            "export --record 0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d --program demo1 --project 12L",
            "export --sds restored --experiment dataset-12L_1-version-1 --program demo1 --project 12L",
        ),
        "run": "omicsdk.cli.commands.dtp.exports:export",
        "parameters": [
            word("node", "All records of this node, such as case.", required=False),
            option("record", "One record by its id."),
            option("sds", "Folder that gets the tables of the data set --experiment; made when it isn't there."),
            {**_EXPERIMENT, "help": "The data set's name in the commons: the submitter_id of its experiment."},
            _WRITTEN_VERSION,
            {**option("file", "File to write; .json or .tsv. - is stdout, as when omitted."), "short": "-f"},
            choice("format", "What the file is; when omitted its name says.", ["json", "tsv"]),
            flag("overwrite", "Replace what is there already."),
            _PROGRAM,
            _PROJECT,
        ],
    },
]
