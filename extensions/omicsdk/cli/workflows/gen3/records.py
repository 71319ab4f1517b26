"""The commands of `omics gen3` about records, programs, projects, queries and jobs, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.gen3.words import (
    DRY_RUN,
    LIMIT,
    PROGRAM,
    choice,
    command,
    flag,
    option,
    output_file,
    several,
    with_examples,
    word,
    words,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_PROJECT = word("project", "PROGRAM-CODE, or PROGRAM/CODE where the program's name has hyphens.")
_CODE = word("project", "Code of the project.")
_FILES = words("files", "Records: .json, .jsonl, .tsv, .csv, .txt or .xlsx.")
_TYPE = option("node_type", "Node of rows that have no column `type`.")
_DICTIONARY = option("dictionary", "Dictionary file or folder; that of the commons when omitted.")
_NODE: Argument = several("node", "All records of these nodes, such as case.")
_ID: Argument = several("id", "Single records by their ids.")
_DBGAP = option("dbgap_accession_number", "Its dbGaP accession; the name itself when omitted.")
_JOB = word("job_id", "The job's uid.")

OF_RECORDS: list[Command] = [
    command(
        "submit",
        "gen3.submissions:submit",
        "Submit records to a project; each row is created, updated or refused by itself.",
        _PROJECT,
        _FILES,
        _TYPE,
        _DICTIONARY,
        {
            **option(
                "chunk_size",
                "Records that are sent at once; fewer where the commons can't take as many.",
                100,
                "integer",
            ),
            "convert": "omicsdk.cli.commands.numbers:at_least_1",
        },
        flag("all_or_nothing", "Send nothing when anything is found wrong in any row before."),
        option("journal", "File that notes what was taken: with the same one, a submission that was stopped resumes."),
        flag("refused", "Print only the rows that weren't taken."),
        {**DRY_RUN, "help": "Have the commons say what it would do; nothing is stored."},
        description=with_examples(
            "Rows are validated against the dictionary before anything is sent, and go in the order in which they link to each "
            "other. Each row's outcome is printed: created, updated, unchanged, valid (dry run), invalid or failed, with the "
            "reasons. It ends with 3 where some rows were refused.",
            "submit P-Q cases.tsv samples.xlsx --dry-run",
            "submit P-Q cases.tsv --refused --output tsv > refused.tsv",
        ),
    ),
    command(
        "validate",
        "gen3.submissions:validate",
        "Hold records against the dictionary without sending them; each fault with file, row and column.",
        _FILES,
        _TYPE,
        _DICTIONARY,
        option(
            "project", "Project that they are for: it must exist, and links are checked against its records as well."
        ),
        description=with_examples(
            "Prints nothing where all is well, and ends with 1 where something is wrong.",
            "validate cases.tsv samples.tsv",
            "validate cases.xlsx --project P-Q --output table",
        ),
    ),
    command(
        "export",
        "gen3.exports:export",
        "Give the records of a project: of nodes, or single ones.",
        _PROJECT,
        _NODE,
        _ID,
        output_file(
            "out",
            "File (.tsv, .json or .jsonl) to write the records of one node into, as they arrive; stdout gets .jsonl.",
            stdout=".jsonl",
        ),
        option("folder", "Folder to write a file for each node into; all nodes unless --node says which."),
        choice("format", "What the files in the folder are.", ["tsv", "json", "jsonl"], "tsv"),
        flag("without_id", "Leave out ids, so that the records can be submitted elsewhere."),
        description=with_examples(
            "Without --out and --folder the records are printed; .tsv files can be submitted again as they are.",
            "export P-Q --node case --output table",
            "export P-Q --node case --out cases.tsv",
            "export P-Q --folder backup",
        ),
    ),
    command(
        "delete",
        "gen3.deletions:delete",
        "Delete records of a project permanently, those first that link to others.",
        _PROJECT,
        _NODE,
        _ID,
        flag("all", "All records of the project."),
        _DICTIONARY,
        {**DRY_RUN, "help": "Only count what would be deleted."},
        description=with_examples(
            "On a terminal it asks first, unless --yes is given.",
            "delete P-Q --node sample case --dry-run",
            "delete P-Q --id 0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d",
        ),
    ),
    command(
        "dictionary",
        "gen3.dictionary:dictionary",
        "List the nodes of the dictionary, or what the records of one have.",
        word("node", "Name of a node; all nodes when omitted.", required=False),
        _DICTIONARY,
        flag("schema", "Print JSON schemas as the commons has them."),
        description=with_examples("", "dictionary", "dictionary case", "dictionary --schema > dictionary.json"),
    ),
    command(
        "query",
        "gen3.queries:query",
        "Ask by GraphQL over submitted records, or over the explorer's index.",
        word("text", "The query; @FILE for what is in a file, - for stdin."),
        {**option("variables", "Values of its variables: a JSON object, or @FILE.", kind="object")},
        flag("guppy", "Ask the explorer's service (Guppy), not that of submitted records (Peregrine)."),
        flag("rows", "Give all rows, page by page: the query has the variables $first and $offset, and one field."),
        description=with_examples(
            "Prints the answer's data.",
            "query '{ case(first: 5) { submitter_id sex } }'",
            'query @cohort.graphql --variables \'{"project": "P-Q"}\' --query case[].submitter_id',
        ),
    ),
    command(
        "explore",
        "gen3.queries:explore",
        "Give records of the explorer's index, however many they are.",
        word("data_type", "What they are records of, such as case."),
        {**several("fields", "What is wanted of each; what is within others is written with dots."), "required": True},
        option("filter", 'A filter, such as {"=": {"sex": "female"}}; or @FILE.', kind="object"),
        several("sort", "Fields that they are sorted by; with :desc behind, the other way round."),
        choice("accessibility", "Whose records.", ["accessible", "unaccessible", "all"], "accessible"),
        LIMIT,
        output_file(
            "out",
            "File to write them into as JSON lines, as they arrive; for more than fit into memory.",
            stdout=".jsonl",
        ),
        description=with_examples(
            "",
            "explore case --fields submitter_id sex --sort age:desc --limit 20",
            "explore file --fields object_id file_size --out files.jsonl",
        ),
    ),
    command("programs ls", "gen3.projects:programs", "List the programs that you may see."),
    command(
        "programs create",
        "gen3.projects:create_program",
        "Create a program.",
        PROGRAM,
        _DBGAP,
    ),
    command(
        "programs delete",
        "gen3.projects:delete_program",
        "Delete a program that has no projects.",
        PROGRAM,
        DRY_RUN,
    ),
    command(
        "projects ls",
        "gen3.projects:projects",
        "List the projects of programs.",
        words("programs", "Names of programs; all when omitted.", required=False),
    ),
    command(
        "projects create",
        "gen3.projects:create_project",
        "Create a project, or update the one of that code.",
        PROGRAM,
        _CODE,
        option("name", "Its name; the code when omitted."),
        _DBGAP,
        option("properties", "Further properties: a JSON object, or @FILE.", kind="object"),
    ),
    command(
        "projects delete",
        "gen3.projects:delete_project",
        "Delete a project that has no records.",
        PROGRAM,
        _CODE,
        DRY_RUN,
    ),
    command("jobs ls", "gen3.jobs:ls", "List your jobs."),
    command(
        "jobs run",
        "gen3.jobs:run",
        "Begin a job that the commons runs for you.",
        word("name", "What is to be done, such as index-object-manifest."),
        option("input", "What it is given: a JSON object, or @FILE.", kind="object"),
        flag("wait", "Wait until it is over, and print what it wrote."),
    ),
    command("jobs status", "gen3.jobs:status", "Show how far a job is.", _JOB),
    command("jobs output", "gen3.jobs:output", "Print what a job has written.", _JOB),
]
