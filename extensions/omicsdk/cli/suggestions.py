"""Errors for unknown first words of omics, and for words that its default commands would take."""

from __future__ import annotations

from omicsdk.cli.mistakes import unknown_word
from omicsdk.cli.services import FIRST_PAGE
from omicsdk.core.likeness import did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from omicsdk.core.errors import UsageError


# Commands by the words for them in other tools: aws, gh, git, rclone, gsutil, sra-tools, shells.
COMMANDS = {
    **dict.fromkeys(("version", "ver"), "omics --version"),
    **dict.fromkeys(("list", "dir", "ls-remote", "lsf", "lsd", "tree"), "omics ls"),
    **dict.fromkeys(("download", "fetch", "wget", "curl", "prefetch", "fasterq-dump", "dl"), "omics get"),
    **dict.fromkeys(("copy", "put"), "omics cp"),
    **dict.fromkeys(("move", "rename"), "omics mv"),
    **dict.fromkeys(("delete", "del", "purge"), "omics rm"),
    **dict.fromkeys(("info", "show"), "omics stat"),
    **dict.fromkeys(("head", "tail", "less", "more", "view"), "omics cat"),
    **dict.fromkeys(("mirror", "rsync"), "omics sync"),
    **dict.fromkeys(("check", "checksum", "md5sum", "hashsum", "sha256sum"), "omics verify"),
    **dict.fromkeys(("sign", "signurl", "link", "share"), "omics presign"),
    **dict.fromkeys(("size", "count"), "omics du"),
    **dict.fromkeys(("configure", "settings", "set"), "omics config"),
    **dict.fromkeys(("signin", "authenticate", "token"), "omics login"),
    **dict.fromkeys(("user", "account", "me"), "omics whoami"),
    **dict.fromkeys(("generate", "openapi", "swagger"), "omics codegen"),
    **dict.fromkeys(("serve", "server", "mock", "start"), "omics sandbox up"),
    **dict.fromkeys(("aws", "gsutil", "rclone", "s3", "s3cmd", "s5cmd"), "omics cp"),
    **dict.fromkeys(("gen3-client", "gen3client"), "omics gen3"),
    "install": "omics completion install",
    "update": "omics lock --update",
}


# Options by the words for them in other tools; a command that has none of the name does not suggest it.
OPTIONS = {
    **dict.fromkeys(("-R", "-r"), "--recursive"),
    **dict.fromkeys(("-y", "--assume-yes", "--force-yes"), "--yes"),
    **dict.fromkeys(("-v", "-vv", "--verbose", "--trace"), "--debug"),
    **dict.fromkeys(("-V", "-version"), "--version"),
    **dict.fromkeys(("-n", "--dryrun", "--simulate", "--just-print"), "--dry-run"),
    **dict.fromkeys(
        ("-O", "-d", "--output-dir", "--outdir", "--out-dir", "--dest", "--destination", "--target"), "--to"
    ),
    **dict.fromkeys(
        ("-j", "-P", "-t", "--jobs", "--threads", "--transfers", "--parallel", "--workers"), "--connections"
    ),
    **dict.fromkeys(("--bwlimit", "--rate", "--max-bandwidth"), "--limit-rate"),
    **dict.fromkeys(("-f", "--force"), "--overwrite"),
    **dict.fromkeys(("-s", "--silent"), "--quiet"),
    **dict.fromkeys(("-o", "--format"), "--output"),
    "--json": "--output json",
    **dict.fromkeys(("--token", "--api-key"), "--access-token"),
    "--token-file": "--credentials-file",
    **dict.fromkeys(("--endpoint", "--endpoint-url", "--url", "--host"), "--base-url"),
    **dict.fromkeys(("-h", "-help", "-?"), "--help"),
    **dict.fromkeys(("--jq", "--filter"), "--query"),
    **dict.fromkeys(("--pattern", "--glob"), "--include"),
    **dict.fromkeys(("-c", "--checksum"), "--compare checksum"),
}

# Options of other tools for the place of what is downloaded; -o is the form of the output in others.
FOLDERS = ("-o", "--out", "--output-folder", "--folder")

# What to do instead of options of other tools that have another form here.
ADVICE = {
    "--files-from": "Give the list to omics get: omics get LIST --to FOLDER.",
    "--metadata": "Metadata are of platforms: omics sb files metadata.",
}

# Options of other tools that replace existing files, which commands with --no-clobber do without an option.
REPLACES = ("--overwrite", "--force", "-f")

# Likeness from which a word that could also be an argument, or the word of another service, is taken for a command.
_SURE = 0.8


def option_meant(word: str, valid_options: Iterable[str], having: Iterable[str]) -> str:
    """A sentence that names the option that an unknown one means here, or the commands that have it; empty for none.

    Args:
        word: What was typed.
        valid_options: The valid options.
        having: Commands that have an option of that name.
    """
    valid_options = list(valid_options)
    if word in REPLACES and "--no-clobber" in valid_options:
        return "Existing files are replaced without an option; --no-clobber skips them."
    if word in ("-r", "-R", "--recursive") and "--unverified" in valid_options:
        return "Folders are moved without an option."
    if word in ("-s", "--summarize") and "--depth" in valid_options:
        return "Folders are summed without an option."
    if word in ADVICE and "--no-clobber" in valid_options:
        return ADVICE[word]
    meant = "--to" if word in FOLDERS and "--to" in valid_options else OPTIONS.get(word, "")
    if meant == "--to" and "--download-dir" in valid_options:
        meant = "--download-dir"
    if "--to" in (word, meant) and "--no-clobber" in valid_options:
        return "The target is the last argument."
    if meant.partition(" ")[0] in valid_options:
        return f"Did you mean {meant}?"
    commands = list(having)
    return did_you_mean(word, valid_options) or (
        f"It is an option of omics {', '.join(commands[:6])}." if commands else ""
    )


def unknown_first_word(
    word: str, valid_words: Iterable[str], full_commands: list[str], others: Callable[[], Iterable[str]] = tuple
) -> UsageError:
    """Return the error for a first word that is unknown.

    Args:
        word: The word.
        valid_words: The known ones.
        full_commands: Whole commands that end in that word.
        others: Returns whole commands of services, of which those with a last word like it are suggested.
    """
    from omicsdk.cli.topics import archive

    plain = word.lower().replace("_", "-")
    if plain == "remove":  # the opposite of omics add, which omics rm is not
        text = "To undo omics add, delete its table in omics.toml. omics rm removes files permanently."
        return unknown_word("omics", word, valid_words, "command or service", text)
    near = [f"omics help {name}"] if (name := archive(word)) else [COMMANDS[plain]] if plain in COMMANDS else []
    near += full_commands[: 3 - len(near)]
    if not near and not nearest(plain, valid_words, least=_SURE):
        by_last = dict[str, list[str]]()
        for command in others():
            by_last.setdefault(command.rpartition(" ")[2], []).append(command)
        for last in nearest(plain, [*COMMANDS, *by_last], least=_SURE):
            near = [*([COMMANDS[last]] if last in COMMANDS else []), *by_last.get(last, [])][:3]
    return unknown_word(
        "omics", word, valid_words, "command or service", f"Did you mean {' or '.join(near)}?" if near else ""
    )


def unknown_next_word(path: list[str], word: str, valid_words: list[str], around: list[str]) -> UsageError:
    """Return the error for an unknown word after that of a service or group.

    The words of other tools, and the commands of groups above and below, are suggested before those that are only like it.

    Args:
        path: The words before it.
        word: The word.
        valid_words: The known ones.
        around: Whole commands of the groups above and below.
    """
    plain, before = word.lower().replace("_", "-"), " ".join(["omics", *path])
    command = COMMANDS.get(plain, f"omics {plain}")
    near = list[str]()
    for name in (plain, plain.removesuffix("-single").removesuffix("-multiple"), command.removeprefix("omics ")):
        if not near:
            near = (
                [f"{before} {name}"]
                if name in valid_words
                else [whole for whole in around if whole.endswith(f" {name}")]
            )
    usual = {name for names in FIRST_PAGE.values() for name in names}
    if path == ["gen3"] and plain == "configure":  # of gen3-client
        near = ["omics login gen3 --credentials-file FILE"]
    elif not near and command.removeprefix("omics ") in usual and not did_you_mean(word, valid_words):
        near = [command]
    elif not near and path == ["upload"] and not did_you_mean(word, valid_words):
        near = ["omics cp"]
    return unknown_word(before, word, valid_words, near=f"Did you mean {' or '.join(near[:3])}?" if near else "")


def unknown_topic(word: str, valid_words: Iterable[str]) -> UsageError:
    """The error for help on a word that is unknown.

    Args:
        word: What was typed.
        valid_words: The commands, services and topics.
    """
    from omicsdk.core.errors import UsageError
    from omicsdk.portals.names.grammar import elsewhere

    if origin := elsewhere(word):
        return UsageError(f"{word} is not at an archive that omics downloads from", remedy=f"It is of {origin}.")
    near = did_you_mean(word, valid_words)
    return UsageError(
        f"unknown command, service or topic {word!r}", remedy=f"{near} See: omics --help, or omics help topics".lstrip()
    )


def mistyped_word(path: list[str], word: str, commands: list[str], *, is_excess: bool = False) -> UsageError | None:
    """The error for a word that is nearly a command, where another command would take it; None for any other.

    Args:
        path: The command that would take the word as its argument.
        word: What was typed. With a slash, dot or colon it is an argument.
        commands: The commands.
        is_excess: Whether the other command has no place for all words that were typed, so that this one was meant as a command.
    """
    if word.startswith("-") or any(mark in word for mark in "/.:"):
        return None
    near = nearest(word, commands, least=_SURE)
    if not near and not is_excess:
        return None
    from omicsdk.core.errors import UsageError

    words = " ".join(["omics", *path])
    remedy = f"Did you mean {near[0]}? For an argument of that name: {words} {word}" if near else ""
    others = " or ".join(f"{words} {command}" for command in sorted(commands))
    return UsageError(f"unknown command {word!r}", remedy=remedy or f"Use {others}.")
