"""What `omics help TOPIC` says of things that many commands have in common."""

from __future__ import annotations

TOPICS: dict[str, tuple[str, str]] = {
    "credentials": (
        "Where each platform's credentials come from",
        "omics init shows what there is, and says how to get what is missing. For every service --access-token wins, then "
        "OMICS_<SERVICE>_TOKEN; then the platform's own ways:\n\n"
        "- dss, auth: omics dss login, or GOOGLE_APPLICATION_CREDENTIALS\n"
        "- upload: omics upload select URI; deployments have a key, OMICS_UPLOAD_TOKEN\n"
        "- sb: SB_API_ENDPOINT and SB_AUTH_TOKEN, else a section of ~/.sevenbridges/credentials (--profile, SB_PROFILE)\n"
        "- gen3, dtp: --auth, GEN3_API_KEY, else ~/.gen3/credentials.json\n"
        "- crunch: CRUNCH_URL and CRUNCH_TOKEN\n"
        "- pangea: PANGEA_USER and PANGEA_PASS\n\n"
        "A token goes to the service that it was issued for and to no other, and over http to this machine only.",
    ),
    "settings": (
        "Settings files and variables",
        "omics config list shows each value with its origin, omics config path the files. A command's arguments have their "
        "defaults there, too:\n\n    omics config set dss.download.replica aws\n\n"
        "Words of the command line win, then variables, then files; the strongest file is the last of omics config path.",
    ),
    "output": (
        "How results are printed",
        "JSON to a pipe or file, a table to a terminal. --output json, jsonl, table or tsv says which; with jsonl items are "
        "printed as pages arrive. --query picks by JMESPath:\n\n"
        "    omics sb files ls sb://me/project --output tsv\n    omics dss get-subscriptions --replica aws --query subscriptions[].uuid"
        "\n\nResults go to stdout alone; messages, progress and questions to stderr. Colours are for terminals: NO_COLOR and "
        "TERM=dumb turn them off, FORCE_COLOR and CLICOLOR_FORCE on.",
    ),
    "logs": (
        "Messages on stderr",
        "--log-level says how much; --quiet leaves errors only; --debug shows requests and answers and where an error came from. "
        "--log-format json prints all of it as an object a line: time, level, logger, message, and fields where there are more.\n\n"
        "    omics --log-format json dss download-manifest --manifest manifest.tsv --replica aws 2> log.jsonl\n\n"
        "Secrets are masked in all of it.",
    ),
    "exit-codes": (
        "What a command ends with",
        "- 0: done\n- 1: the service or the system said no\n- 2: usage or settings\n- 3: some of a batch failed\n"
        "- 4: credentials\n- 130: interrupted\n- 143: ended by SIGTERM",
    ),
    "files": (
        "Names of files and places",
        "A path is a path of this machine, whatever is in it: reads/a.fastq, C:\\data\\a.fastq, \\\\server\\share\\a.fastq. What "
        "begins with a scheme of two letters or more and :// is elsewhere: dss://, sb://, gen3://, drs://, pangea://, crunch://, "
        "s3://. An argument that takes JSON takes @FILE, and @- for stdin.",
    ),
}
"""By name: a line about it, and the text."""


def topic(name: str) -> tuple[str, str] | None:
    """A topic's title and text; None where there is none of the name.

    Args:
        name: What was typed after `omics help`; `topics` lists them.
    """
    if name == "topics":
        listed = "\n".join(f"- {each}: {title[0].lower()}{title[1:]}" for each, (title, _) in TOPICS.items())
        return "Topics", f"omics help TOPIC, with one of:\n\n{listed}"
    return TOPICS.get(name)
