"""Paths of the files of bundles, and links to them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from omicsdk.hca.dss.files import same_content


def separator_to_camel_case(separated: str, separator: str) -> str:
    """Return words with a separator between them as one word of capitalised ones."""
    return "".join(word.title() for word in separated.split(separator))


def iter_paths(src_dir: str) -> Iterator[os.DirEntry[str]]:
    """Yield the entries of all files below a folder; links to folders are not followed."""
    for entry in os.scandir(src_dir):
        if entry.is_dir(follow_symlinks=False):
            yield from iter_paths(entry.path)
        else:
            yield entry


def object_name_builder(file_name: str, src_dir: str) -> str:
    """Return a path without that of the folder that it is below."""
    return os.path.normpath(file_name).replace(src_dir, "")


def hardlink(source: str, link_name: str) -> None:
    """Give a file a second name; copy it where the file system has no further link for it.

    Raises:
        FileExistsError: Another file has that name.
    """
    try:
        os.link(source, link_name)
    except FileExistsError:
        if not same_content(Path(source), Path(link_name)):
            raise
    except OSError:
        shutil.copyfile(source, link_name)
