"""Help on what commands have in common, and on archives that have no commands of their own."""

from __future__ import annotations

import os

from omicsdk.cli.help import filled, prose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_loader = globals()["__spec__"].loader  # of a folder or a zip archive


def _pages(name: str) -> Iterator[tuple[str, tuple[str, str]]]:
    text = _loader.get_data(f"{os.path.dirname(__file__)}/pages/{name}.md").decode()  # noqa: PTH120 - pathlib costs 5 ms
    for page in text.removeprefix("# ").split("\n# "):
        heading, _, body = page.partition("\n")
        word, _, title = heading.partition(": ")
        yield word, (title, body.strip("\n"))


# By name: a line about it, and the text.
TOPICS, ARCHIVES = dict(_pages("topics")), dict(_pages("archives"))

SYNONYMS = {
    **dict.fromkeys(("tcga", "target", "cptac", "nci"), "gdc"),
    **dict.fromkeys(("sra", "geo", "ddbj", "ncbi", "arrayexpress"), "ena"),
    **dict.fromkeys(("anvil", "broad"), "terra"),
    **dict.fromkeys(("cavatica", "sevenbridges", "sbg"), "cgc"),
    **dict.fromkeys(("figshare", "dataverse", "dryad", "pride", "metabolights", "biostudies"), "zenodo"),
    **dict.fromkeys(("humancellatlas", "lungmap"), "hca"),
}

TOPIC_SYNONYMS = {
    **dict.fromkeys(
        ("resume", "share", "checksum", "checksums", "download", "transfers", "accession", "accessions"), "downloads"
    ),
    **dict.fromkeys(("uri", "uris", "url", "urls", "path", "paths", "scheme", "schemes", "file", "names"), "files"),
    **dict.fromkeys(("exit", "exit-code", "codes"), "exit-codes"),
    **dict.fromkeys(("list", "format", "formats", "manifest", "manifests", "excel", "csv", "tsv"), "lists"),
}


def archive(word: str) -> str:
    """The archive that a word names; empty for none.

    Args:
        word: The word, in any case.
    """
    name = word.lower()
    return name if name in ARCHIVES else SYNONYMS.get(name, "")


def topic_help(name: str, width: int) -> str:
    """The help of a topic; empty if no topic has the name.

    Args:
        name: The name of the topic or archive; `topics` lists all.
        width: Characters of a line.
    """
    name = TOPIC_SYNONYMS.get(name, name)
    if name == "topics":
        topics = "\n".join(f"- {topic}: {title[0].lower()}{title[1:]}" for topic, (title, _) in TOPICS.items())
        archives = "\n".join(f"- {topic}: {title}" for topic, (title, _) in ARCHIVES.items())
        title, text = "Topics", f"omics help TOPIC, with one of:\n\n{topics}\n\nAnd on archives:\n\n{archives}"
    elif name in TOPICS:
        title, text = TOPICS[name]
        if name == "lists":
            from omicsdk.portals.formats import FORMATS

            text += "\n\n" + "\n".join(f"- {entry.name}: {entry.title}" for entry in FORMATS)
    elif name := archive(name):
        title, text = ARCHIVES[name]
    else:
        return ""
    return "\n\n".join([filled(title.split(), width, ""), *prose(text, width)]) + "\n"
