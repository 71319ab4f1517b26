"""The run of a benchmark against a published client: what it needs, its servers, its cases, and its results."""

import compileall
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn, TypeVar

import omicsdk
import omicsdk_api
from peers import Peer
from script import Bench, Entry, Session, options
from transferring import nginx, programs

Sized = TypeVar("Sized")


def measure(
    doc: str | None,
    name: str,
    about: str,
    entries: Sequence[Entry[Bench]],
    peer: Peer,
    bench: Callable[[Sized], AbstractContextManager[Bench]],
    *,
    sizes: Sized,
    quick: Sized,
) -> NoReturn:
    """Measures the cases that are requested, and ends the process.

    Args:
        doc: The script's own.
        name: The results' name.
        about: What runs, for the page on performance.
        entries: The cases.
        peer: The published client.
        bench: Starts what the cases share.
        sizes: How large and how many.
        quick: The same for a trial.
    """
    try:
        sys.exit(_measured(doc, name, about, entries, peer, bench, sizes, quick))
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")


def _measured(
    doc: str | None,
    name: str,
    about: str,
    entries: Sequence[Entry[Bench]],
    peer: Peer,
    bench: Callable[[Sized], AbstractContextManager[Bench]],
    sizes: Sized,
    quick: Sized,
) -> int:
    asked = options(doc)
    session = Session(name, entries, asked)
    if lost := programs.missing(["nginx", "openssl"]):
        sys.exit(f"{' and '.join(lost)} must be installed to measure anything")
    try:
        peer.make()
    except subprocess.CalledProcessError:  # it has said why
        sys.exit("without the published client there is nothing to compare with")
    compile_packages()
    with bench(quick if asked.quick else sizes) as ready:
        session.measure(ready, peer.missing)
    return session.end(about, nginx=nginx.version(), **peer.versions())


def compile_packages() -> None:
    """Compiles our modules, as an installer does with packages: Python may be configured not to write what it compiles itself."""
    for package in (omicsdk, omicsdk_api):
        compileall.compile_dir(str(Path(str(package.__file__)).parent), quiet=1)
