"""Help on what commands have in common."""

from __future__ import annotations

from omicsdk.cli.help import filled, prose

TOPICS: dict[str, tuple[str, str]] = {
    "credentials": (
        "Where each platform's credentials come from",
        "omics init shows the credentials of each platform and how to get missing ones. For every service --access-token takes "
        "precedence, then OMICS_<SERVICE>_TOKEN, then the platform's own sources:\n\n"
        "- dss, auth: omics dss login, or GOOGLE_APPLICATION_CREDENTIALS\n"
        "- upload: omics upload select URI; deployments have a key, OMICS_UPLOAD_TOKEN\n"
        "- sb: SB_API_ENDPOINT and SB_AUTH_TOKEN, else a section of ~/.sevenbridges/credentials (--profile, SB_PROFILE)\n"
        "- gen3, dtp: --access-token with a token or a credentials file, GEN3_API_KEY, else ~/.gen3/credentials.json\n"
        "- crunch: CRUNCH_URL and CRUNCH_TOKEN\n"
        "- pangea: PANGEA_USER and PANGEA_PASS\n\n"
        "A token goes to the service that it was issued for and to no other, and over http to this machine only.",
    ),
    "settings": (
        "Settings files and variables",
        "omics config list shows each value with its origin, omics config path the files. Defaults of a command's arguments are "
        "settings too:\n\n    omics config set dss.download.replica aws\n\n"
        "The command line takes precedence over variables, and variables over files; of the files that omics config path lists, "
        "the last takes precedence.",
    ),
    "output": (
        "How results are printed",
        "JSON to a pipe or file, a table to a terminal. --output json, jsonl, table or tsv selects the form; with jsonl items "
        "are printed as pages arrive. --query selects by JMESPath:\n\n"
        "    omics sb files ls sb://me/project --output tsv\n    omics dss get-subscriptions --replica aws --query subscriptions[].uuid"
        "\n\nResults go to stdout alone; messages, progress and questions to stderr. Colours are for terminals: NO_COLOR and "
        "TERM=dumb turn them off, FORCE_COLOR and CLICOLOR_FORCE on.",
    ),
    "logs": (
        "Messages on stderr",
        "--log-level sets the least level; --quiet prints errors only; --debug prints requests, answers and tracebacks. "
        "--log-format json prints each message as an object on one line: time, level, logger, message, and further fields.\n"
        "A transfer prints its progress so, each second.\n\n"
        "    omics --log-format json dss download-manifest --manifest manifest.tsv --replica aws 2> log.jsonl\n\n"
        "Secrets are masked.",
    ),
    "exit-codes": (
        "Exit codes of commands",
        "- 0: done\n- 1: the service or the system refused\n- 2: usage or settings\n- 3: some of a batch failed\n"
        "- 4: credentials\n- 130: interrupted\n- 143: ended by SIGTERM",
    ),
    "files": (
        "Names of files",
        "A path names a file of this machine: reads/a.fastq, C:\\data\\a.fastq, \\\\server\\share\\a.fastq. A URI, which begins with "
        "a scheme of two letters or more and ://, names a file of a platform: azul://, dss://, sb://, gen3://, drs://, pangea://, crunch://, "
        "s3://. A URL, https:// or http://, names a file of a web server. A URI that ends in a slash names a folder, never a file of its name. An argument that takes JSON takes @FILE, and @- for stdin.",
    ),
}
"""By name: a line about it, and the text."""


def topic_help(name: str, width: int) -> str:
    """The help of a topic; empty if no topic has the name.

    Args:
        name: The topic's name; `topics` lists all.
        width: Characters of a line.
    """
    if name == "topics":
        listed = "\n".join(f"- {each}: {title[0].lower()}{title[1:]}" for each, (title, _) in TOPICS.items())
        title, text = "Topics", f"omics help TOPIC, with one of:\n\n{listed}"
    elif name in TOPICS:
        title, text = TOPICS[name]
    else:
        return ""
    return "\n\n".join([filled(title.split(), width, ""), *prose(text, width)]) + "\n"
