"""Help on what commands have in common, and on archives that have no commands of their own."""

from __future__ import annotations

import os

from omicsdk.cli.help import filled, prose

_loader = globals()["__spec__"].loader  # of a folder or a zip archive


def _pages(file: str) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """The pages of a file by name, each as a line about it and its text, and their names by name and synonym: `# NAME, SYNONYM: LINE`."""
    text = _loader.get_data(f"{os.path.dirname(__file__)}/pages/{file}.md").decode()  # noqa: PTH120 - pathlib costs 5 ms
    pages, names = dict[str, tuple[str, str]](), dict[str, str]()
    for page in text.removeprefix("# ").split("\n# "):
        heading, _, body = page.partition("\n")
        words, _, title = heading.partition(": ")
        name, *synonyms = words.split(", ")
        pages[name] = title, body.strip("\n")
        names.update(dict.fromkeys((name, *synonyms), name))
    return pages, names


TOPICS, _TOPIC_NAMES = _pages("topics")
ARCHIVES, _ARCHIVE_NAMES = _pages("archives")


def archive(word: str) -> str:
    """The archive that a word names; empty for none.

    Args:
        word: The word, in any case.
    """
    return _ARCHIVE_NAMES.get(word.lower(), "")


def topic_help(name: str, width: int) -> str:
    """The help of a topic; empty if no topic has the name.

    Args:
        name: The name of the topic or archive; `topics` lists all.
        width: Characters of a line.
    """
    if name == "topics":
        topics = "\n".join(f"- {topic}: {title[0].lower()}{title[1:]}" for topic, (title, _) in TOPICS.items())
        archives = "\n".join(f"- {topic}: {title}" for topic, (title, _) in ARCHIVES.items())
        title, text = "Topics", f"omics help TOPIC, with one of:\n\n{topics}\n\nAnd on archives:\n\n{archives}"
    elif topic := _TOPIC_NAMES.get(name):
        title, text = TOPICS[topic]
        if topic == "lists":
            from omicsdk.portals.formats import FORMATS

            text += "\n\n" + "\n".join(f"- {entry.name}: {entry.title}" for entry in FORMATS)
    elif name := archive(name):
        title, text = ARCHIVES[name]
    else:
        return ""
    return "\n\n".join([filled(title.split(), width, ""), *prose(text, width)]) + "\n"
