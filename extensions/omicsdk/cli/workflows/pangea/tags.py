"""The commands of `omics pangea tag`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.pangea.words import (
    ORG,
    OUTFILE,
    TAG_NAMES,
    command,
    option,
    short,
    with_examples,
    word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

_GROUP = word("group_name", "Name of the sample group.")
_TAG = word("tag_name", "Name of the tag.")
OF_TAGS: list[Command] = [
    command(
        "tag create",
        "pangea.tagging:create",
        "Create tags; those that are there are left as they are.",
        TAG_NAMES,
        OUTFILE,
        description=with_examples("", "tag create gut 2026"),
    ),
    command(
        "tag samples-in-group",
        "pangea.tagging:samples_in_group",
        "Tag each sample of a group.",
        ORG,
        _GROUP,
        TAG_NAMES,
        OUTFILE,
        description=with_examples("", 'tag samples-in-group "My Lab" Gut gut 2026'),
    ),
    command(
        "tag group",
        "pangea.tagging:group",
        "Tag a group.",
        ORG,
        _GROUP,
        TAG_NAMES,
        description=with_examples("", 'tag group "My Lab" Gut gut'),
    ),
    command(
        "tag list random-samples",
        "pangea.tagging:random_samples",
        "List samples of a tag, drawn by chance.",
        _TAG,
        {
            **short("-n", option("num_samples", "How many to give, at most.", 100, "integer")),
            "convert": "omicsdk.cli.commands.numbers:at_least_1",
        },
        OUTFILE,
        description=with_examples("", "tag list random-samples gut -n 10"),
    ),
    command(
        "tag list groups",
        "pangea.tagging:groups",
        "List the groups of a tag.",
        _TAG,
        {
            **short(
                "-n",
                option(
                    "num_samples",
                    "How many to give, at most; all when omitted. It ends with 3 where there are more.",
                    kind="integer",
                ),
            ),
            "convert": "omicsdk.cli.commands.numbers:at_least_1",
        },
        OUTFILE,
    ),
]
