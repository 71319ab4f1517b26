"""The commands of `omics pangea` that list, make, join and delete things, and those about one's account, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.pangea.words import (
    DRY_RUN,
    GROUP,
    LIBRARY,
    LIMIT,
    MANIFEST,
    MOVING,
    NAMES,
    ORG,
    OUTFILE,
    UUIDS,
    choice,
    command,
    flag,
    option,
    short,
    with_examples,
    word,
    words,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

READS = ["raw::paired_short_reads", "raw::single_short_reads", "raw::basecalled_nanopore_reads"]
_FOR_GOOD = "On a terminal it asks first, unless --yes is given."
_ABOVE_GROUPS = word("org_name", "Name of the organization; all of them when omitted.", required=False)

OF_ACCOUNTS: list[Command] = [
    {
        **command("version", "pangea.people:version", "Print the version of this program."),
        "bare": True,
        "quick": True,
    },
    command(
        "user info",
        "pangea.people:info",
        "Print your account.",
        OUTFILE,
        description=with_examples(
            "", "user info -e me@example.org -p ...", "user info --query organization_objs[].name"
        ),
    ),
    command(
        "user change-password",
        "pangea.people:change_password",
        "Change your password.",
        word("new_password", "The new password; - reads it from stdin, so that no process list shows it."),
        OUTFILE,
        description=with_examples(
            "The present one is that of -p or PANGEA_PASS.", "user change-password - < password.txt"
        ),
    ),
    command(
        "user token",
        "pangea.people:token",
        "Log in and print your token.",
        description=with_examples(
            "Commands that find it in OMICS_PANGEA_TOKEN need no password. It is good until "
            "`omics pangea api logout` is called with it: don't let others see it.",
            "user token -e me@example.org -p ...",
        ),
    ),
]

OF_THINGS: list[Command] = [
    command(
        "create org",
        "pangea.creation:org",
        "Create an organization, whose first member you are.",
        word("org_name", "Its name; no other organization may have it."),
        OUTFILE,
        description=with_examples("", 'create org "My Lab"'),
    ),
    command(
        "create sample-group",
        "pangea.creation:sample_group",
        "Create a sample group.",
        ORG,
        word("grp_name", "Its name; no other group of any organization may have it."),
        flag("private", "Only members of the organization may see it."),
        flag("public", "Everybody may see it; the default."),
        flag("library", "It owns samples; the default."),
        flag("not_library", "It lists samples of libraries, and owns none."),
        OUTFILE,
        description=with_examples(
            "The service is looser than it says in places: its search finds private groups as well.",
            'create sample-group "My Lab" Gut --private',
            'create sample-group "My Lab" "All of 2026" --public --not-library',
        ),
    ),
    command(
        "create samples",
        "pangea.creation:samples",
        "Create samples in a library; those that are there are left as they are.",
        ORG,
        LIBRARY,
        words("sample_names", "Names of samples; commas part several of them.", required=False),
        short("-s", option("sample_name_list", "File with further names, one a line; - is stdin.")),
        OUTFILE,
        description=with_examples(
            "Prints all of the samples.",
            'create samples "My Lab" Gut s1 s2,s3',
            'create samples "My Lab" Gut -s names.txt --output tsv',
        ),
    ),
    command(
        "create sample-with-data",
        "pangea.reads:sample_with_data",
        "Create a sample with its reads.",
        ORG,
        LIBRARY,
        word("sample_name", "Name of the sample."),
        words("data_files", "The reads, gzipped FASTQ: two files of paired ones, else one."),
        {**short("-m", choice("module_name", "What reads they are.", READS)), "required": True},
        OUTFILE,
        *MOVING,
        description=with_examples(
            "", 'create sample-with-data "My Lab" Gut s1 s1.R1.fastq.gz s1.R2.fastq.gz -m raw::paired_short_reads'
        ),
    ),
    command(
        "create sample-ar",
        "pangea.creation:sample_result",
        "Create an analysis result of a sample.",
        words("names", "ORGANIZATION LIBRARY SAMPLE MODULE; or SAMPLE_UUID MODULE."),
        short(
            "-r",
            option(
                "replicate", "Distinguishes it from other results of the module; the service draws one when omitted."
            ),
        ),
        OUTFILE,
        description=with_examples("", 'create sample-ar "My Lab" Gut s1 kraken2 -r run7'),
    ),
    command(
        "create field",
        "pangea.fields:of_sample",
        "Create a field of a sample's analysis result, and upload a file into it.",
        words("names", "ORGANIZATION LIBRARY SAMPLE MODULE FIELD FILE; or RESULT_UUID FIELD FILE."),
        OUTFILE,
        *MOVING,
        description=with_examples("", 'create field "My Lab" Gut s1 kraken2 report report.tsv'),
    ),
    command(
        "add samples-to-group",
        "pangea.membership:add",
        "Add samples of a group to another group.",
        word("source_org_name", "Organization of the group that has them."),
        word("source_grp_name", "The group that has them."),
        word("destination_org_name", "Organization of the group that gets them."),
        word("destination_grp_name", "The group that gets them."),
        NAMES,
        MANIFEST,
        OUTFILE,
        description=with_examples("", 'add samples-to-group "My Lab" Gut "My Lab" "All of 2026" s1 s2'),
    ),
    command(
        "list samples",
        "pangea.lists:samples",
        "List the samples of a group.",
        ORG,
        GROUP,
        LIMIT,
        OUTFILE,
        description=with_examples("", 'list samples "My Lab" Gut', 'list samples "My Lab" Gut --query [].name'),
    ),
    command("list orgs", "pangea.lists:orgs", "List the organizations.", LIMIT, OUTFILE),
    command(
        "list groups", "pangea.lists:groups", "List the sample groups that you may see.", _ABOVE_GROUPS, LIMIT, OUTFILE
    ),
    command(
        "list results",
        "pangea.lists:results",
        "List the analysis results of a sample, or of a group itself.",
        ORG,
        GROUP,
        word("sample_name", "Name of the sample; results of the group itself when omitted.", required=False),
        OUTFILE,
        description=with_examples("", 'list results "My Lab" Gut s1 --output table'),
    ),
    command("list projects", "pangea.lists:projects", "List the projects.", _ABOVE_GROUPS, LIMIT, OUTFILE),
    command(
        "list buckets", "pangea.lists:buckets", "List the buckets of your organizations.", _ABOVE_GROUPS, LIMIT, OUTFILE
    ),
    *(
        command(
            f"delete {name}",
            f"pangea.deletions:{name.replace('-', '_')}",
            f"Delete {what} permanently.",
            UUIDS,
            DRY_RUN,
            OUTFILE,
            description=with_examples(_FOR_GOOD, f"delete {name} 0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d --dry-run"),
        )
        for name, what in (
            ("sample", "a sample with its analysis results"),
            ("group", "a sample group, and the samples that it owns"),
            ("sample-result", "an analysis result of a sample with its fields"),
            ("group-result", "an analysis result of a sample group with its fields"),
        )
    ),
]
