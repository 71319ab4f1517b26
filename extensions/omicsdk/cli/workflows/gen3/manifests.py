"""The commands of `omics gen3 objects manifest`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.gen3.words import (
    DRY_RUN,
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

_FILE = word("file", "Manifest: a table whose name ends in .tsv has tabs between its columns, others have commas.")
_DELIMITER: Argument = option(
    "manifest_file_delimiter", "What is between the columns, where the file's name doesn't say."
)
_AGAIN = "Run the same command again to resume. It ends with 3 where rows failed."


def _requests(default: int, text: str, name: str = "max_concurrent_requests") -> Argument:
    made = option(name, text, default, "integer")
    return {**made, "convert": "omicsdk.cli.commands.numbers:at_least_1"}


OF_MANIFESTS: list[Command] = [
    command(
        "objects manifest read",
        "gen3.manifests:read",
        "Write the index of the commons as a manifest, or the records of the files of another one.",
        output_file("output_file", "File that is written.", "object-manifest.csv", stdout=".csv"),
        option("input_manifest", "Manifest with the MD5 sums and sizes of the files whose records are wanted."),
        _requests(24, "Requests that are under way at once, where there is an input manifest."),
        _requests(4, "Without effect: there are no other processes.", "num_processes"),
        option("python_subprocess_command", "Without effect, likewise."),
        description=with_examples(_AGAIN, "objects manifest read --output-file all.tsv"),
    ),
    command(
        "objects manifest verify",
        "gen3.manifests:verify",
        "Compare a manifest with the index of the commons.",
        _FILE,
        output_file("output_file", "File for the differences; FILE with .verified.log when omitted.", stdout=".log"),
        _DELIMITER,
        _requests(24, "Requests that are under way at once, each for a hundred rows."),
        description=with_examples(
            f"Each difference is a line GUID|FIELD|expected X|actual Y. {_AGAIN}", "objects manifest verify files.tsv"
        ),
    ),
    command(
        "objects manifest validate-manifest-format",
        "gen3.manifests:validate_format",
        "Check the form of a manifest without a network; each fault with its line and column.",
        _FILE,
        several("allowed_protocols", "Protocols that URLs may have; s3 and gs when omitted."),
        flag("allow_base64_encoded_md5", "Take MD5 sums in Base64, too."),
        flag("error_on_empty_url", "Take an empty URL for a fault."),
        {
            **_requests(1, "How many lines to look at, that of the columns included; all when omitted.", "line_limit"),
            "default": None,
        },
        _DELIMITER,
        description=with_examples(
            "Prints nothing where all is well, and ends with 1 where something is wrong.",
            "objects manifest validate-manifest-format files.tsv --allowed-protocols s3 https",
        ),
    ),
    command(
        "objects manifest publish",
        "gen3.manifests:publish",
        "Index the files of a manifest: a record for each row, and its other columns as metadata.",
        _FILE,
        _requests(8, "Requests that are under way at once, each for a hundred rows.", "thread_num"),
        flag("append_urls", "Add URLs to those of records that are there, which they replace otherwise."),
        _DELIMITER,
        output_file(
            "out_manifest_file", "File that is written: the manifest with the GUIDs.", "indexing-output-manifest.csv"
        ),
        flag("force_metadata_columns_even_if_empty", "Make metadata of empty cells as well."),
        flag("no_metadata", "Make no metadata of the other columns."),
        description=with_examples(
            f"{_AGAIN} After rows failed, too, run the same command again, with the manifest corrected: a row without a "
            "GUID whose record exists is not indexed twice. Its record is known by the output file, or by MD5 sum, size, "
            "URLs and name, and by ACL and resources where the manifest has them. Rows that failed are also written to "
            "OUTPUT.failed-rows.tsv, a manifest that can be published by itself, with another output file.",
            "objects manifest publish files.tsv --out-manifest-file indexed.tsv",
        ),
    ),
    command(
        "objects manifest delete-all-guids",
        "gen3.manifests:delete_all_guids",
        "Delete the index records of all files of a manifest; their bytes stay where they are.",
        _FILE,
        output_file(
            "output_file",
            "File for the result of each GUID; FILE with .deleted.tsv when omitted.",
            stdout=".tsv",
        ),
        DRY_RUN,
        description=with_examples(
            f"On a terminal it asks first, unless --yes is given. {_AGAIN}",
            "objects manifest delete-all-guids files.tsv",
        ),
    ),
    command(
        "objects manifest merge",
        "gen3.manifests:merge",
        "Merge manifests: rows of one MD5 sum become one, with the URLs of all.",
        words("files", "Manifests with the columns md5, size and urls; what comes first stays."),
        {**output_file("out", "File that is written.", stdout=".tsv"), "required": True},
        flag("continue_on_error", "Skip contradictions, and print each."),
        flag("allow_multiple_guids", "Let one MD5 sum have several GUIDs."),
        description=with_examples("", "objects manifest merge aws.tsv gcp.tsv --out all.tsv"),
    ),
    command(
        "objects manifest diff",
        "gen3.manifests:diff",
        "Write the rows of a manifest that another hasn't, or has otherwise.",
        word("before", "The manifest that it is compared with."),
        word("after", "The manifest."),
        {**output_file("out", "File that is written.", stdout=".tsv"), "required": True},
        option("key", "Column that identifies rows that belong together.", "guid"),
        flag("further_columns", "Let one have columns that the other hasn't; these aren't compared."),
        description=with_examples("", "objects manifest diff old.tsv new.tsv --out changed.tsv"),
    ),
]
