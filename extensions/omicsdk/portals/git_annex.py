"""Files of git-annex and DataLad: data sets, which are repositories of Git, and what `git annex whereis --json` states.

Git has a link or a pointer to the key of each file. The URLs of its content are in logs of the branch `git-annex`, or follow from those on
special remotes.
"""

from __future__ import annotations

import os
import re
import subprocess
from base64 import b64decode
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import md5
from pathlib import Path
from typing import IO
from urllib.parse import quote

from omicsdk.core.json_coding import decoded
from omicsdk.core.type_guards import is_array, is_object, only_objects
from omicsdk.portals.cells import BY_LENGTH, FETCHABLE, checksums_in, file_at, name_in, size_in
from omicsdk.portals.lists import FileList, Format, Head, ListedFile, ListError, Manual, Row, numbered_lines, scheme_of
from omicsdk.portals.rows import text_of
from omicsdk.transfer.s3.settings import Settings, is_configured

# What is before the key in the target of a link, and what a pointer begins with.
_OBJECTS = "/annex/objects/"
# Bytes of the longest file that git-annex takes for a pointer.
_LONGEST_POINTER = 1 << 15
_KEY = re.compile(r"(?P<backend>[A-Z0-9_]+?)E?(?:-s(?P<size>\d+))?(?:-[a-zA-Z]\d+)*--(?P<name>.+)", re.DOTALL)
# Algorithms by the backends whose keys have checksums.
_ALGORITHMS = {"BLAKE2B512": "blake2b", **{name.upper(): name for name in BY_LENGTH.values()}}
# Characters of keys, as they are in names of files.
_ESCAPES = {"/": "%", ":": "&c", "%": "&s", "&": "&a"}
_ESCAPED = {escape: character for character, escape in _ESCAPES.items()}
_LOGGED = re.compile(r"(\d+(?:\.\d+)?)s ([01X]) (.+)")
_REMOTE = re.compile(r"(?P<uuid>\S+) (?P<settings>.+) timestamp=(?P<time>\d+(?:\.\d+)?)s")
_CHANGED = re.compile(r"(?P<time>\d+(?:\.\d+)?)s (?P<fields>.+)")
_VERSIONS = re.compile(r"(?<!\S)(\S+):V((?: [+-]\S+)+)")
_NEXT_URL = re.compile(r" (?=[A-Za-z][A-Za-z0-9+.-]*://)")


def is_annexed_link(path: Path) -> bool:
    """Whether a path is a link to content of git-annex, which may be elsewhere.

    Args:
        path: The path.
    """
    return os.path.islink(path) and _OBJECTS in path.readlink().as_posix()  # noqa: PTH114 - false for any text


# -- rows and their files


def _row(number: int, path: str, key: str, urls: Iterable[str], copies: Iterable[str]) -> Row:
    """A row for a file."""
    match = _KEY.fullmatch(key)
    if match is None:
        return Row(number, {}, fault=f"{path!r}: {key[:100]!r} is no key of git-annex", name=path)
    algorithm = _ALGORITHMS.get(match["backend"], "")
    cells = {
        "path": path,
        "size": match["size"] or "",
        "algorithm": algorithm,
        "checksum": match["name"].partition(".")[0] if algorithm else "",
        "url": " ".join(dict.fromkeys(url for url in urls if scheme_of(url) in FETCHABLE)),
    }
    return Row(number, cells if cells["url"] else {**cells, "copies": ", ".join(copies)}, name=path)


def _files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The file of a row; one without a URL fails alone."""
    cells = row.cells
    first, *mirrors = _NEXT_URL.split(cells["url"])
    sums = checksums_in({cells["algorithm"]: cells["checksum"]} if cells["algorithm"] else {})
    name, size = name_in(cells["path"]), size_in(cells["size"])
    if first:
        yield file_at(first, name=name, size=size, checksums=sums, mirrors=tuple(mirrors))
        return
    problem = f"{name}: git-annex states no URL of it, only copies in {cells['copies'] or 'no repository'}"
    error = ListError(problem, remedy="Get it with git annex get, or leave it out: --exclude.")
    yield ListedFile("url", name, name, size, sums, error=error)


_MANUAL = Manual(
    "its URLs; the next one if one fails", "MD5, SHA-1, SHA-256 or SHA-512, from its key", "by scheme and host"
)


# -- git annex whereis --json


def _is_whereis(head: Head) -> bool:
    try:
        entry: object = decoded(head.first)
    except (ValueError, RecursionError):
        return False
    return is_object(entry) and {"key", "file", "whereis"} <= entry.keys()


def _whereis_rows(file_list: FileList) -> Iterator[Row]:
    for number, line in numbered_lines(file_list):
        try:
            entry: object = decoded(line)
        except (ValueError, RecursionError):
            entry = None
        if not is_object(entry) or not text_of(entry.get("key")):
            yield Row(number, {}, fault="the line is not of git annex whereis --json")
            continue
        copies = [*only_objects(entry.get("whereis")), *only_objects(entry.get("untrusted"))]
        urls = (text_of(url) for copy in copies if is_array(urls := copy.get("urls")) for url in urls)
        where = (text_of(copy.get("description")) for copy in copies)
        yield _row(number, text_of(entry.get("file")), text_of(entry.get("key")), urls, where)


WHEREIS = Format(
    "git-annex",
    "files of git-annex or DataLad",
    "lines of git annex whereis --json",
    _is_whereis,
    _whereis_rows,
    _files,
    manual=_MANUAL,
)


# -- data sets


class _Repository:
    """The repository of a folder, read by git.

    Attributes:
        branches: Its branches `git-annex`, those of its remotes, too: a clone has no other before `git annex init`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._remotes: dict[str, list[Mapping[str, str]]] | None = None
        with self._git(
            "for-each-ref", "--format=%(refname)", "refs/heads/git-annex", "refs/remotes/*/git-annex"
        ) as git:
            self.branches = _pipe(git.stdout).read().decode().split()

    @contextmanager
    def _git(self, *words: str) -> Generator[subprocess.Popen[bytes]]:
        command = ["git", "-C", os.fspath(self._folder), *words]
        # Git's own variables would name another repository where a hook runs this; objects are not fetched one by one.
        environ = {name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
        environ["GIT_NO_LAZY_FETCH"] = "1"
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environ)
        except OSError as error:
            problem = f"{self._folder} is a repository of Git, and git cannot be run: {error.strerror}"
            raise ListError(problem, remedy="Install git.") from error
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            problem = f"{self._folder}: git cannot read this repository ({words[0]} ended with {process.returncode})"
            raise ListError(problem, remedy=f"Run `git -C {self._folder} status` to see why.")

    def rows(self, file_list: FileList) -> Iterator[Row]:
        """The annexed files below the folder in its last commit."""
        with self._git("cat-file", "--batch") as git:
            for number, (path, blob) in enumerate(self._blobs(file_list), 1):
                content = os.fsdecode(_object(git, blob))
                if key := _key_in(content):
                    yield self._row(git, number, path, key)
                else:
                    _leave_out(file_list, path)

    def row(self, path: Path) -> Row:
        """The row of one file.

        Args:
            path: The link or pointer.
        """
        with self._git("cat-file", "--batch") as git:
            if path.is_symlink():
                content = path.readlink().as_posix()
            else:
                with path.open("rb") as file:
                    content = os.fsdecode(file.read(_LONGEST_POINTER))
            return self._row(git, 1, path.name, _key_in(content))

    def _blobs(self, file_list: FileList) -> Iterator[tuple[str, str]]:
        """The paths and names of objects that may be a link or pointer."""
        with self._git("ls-tree", "-r", "-z", "--long", "HEAD") as git:
            for record in _records(_pipe(git.stdout)):
                attributes, _, path = os.fsdecode(record).partition("\t")
                _, kind, name, size = attributes.split()
                if kind == "commit":
                    file_list.notes["data sets within it are left out: name their folders"] += 1
                elif int(size) <= _LONGEST_POINTER:
                    yield path, name
                else:
                    _leave_out(file_list, path)

    def _row(self, git: subprocess.Popen[bytes], number: int, path: str, key: str) -> Row:
        # The branch spreads its logs over folders by the first six digits of the MD5 of their keys.
        digits = md5(os.fsencode(key), usedforsecurity=False).hexdigest()
        escaped = re.sub("[%/:&]", lambda match: _ESCAPES[match[0]], key)
        place = f"{digits[:3]}/{digits[3:6]}/{escaped}"
        row = _row(number, path, key, self._logged(git, f"{place}.log.web"), ())
        if row.fault or row.cells["url"]:
            return row
        copies = self._logged(git, f"{place}.log")
        versions = self._versions(git, f"{place}.log.rmet")
        urls = (
            url
            for copy in copies
            for remote in self._special_remotes(git).get(copy, ())
            for url in _urls_in(remote, key, f"{place}/{escaped}", versions.get(copy, {}))
        )
        lines = self._lines(git, "uuid.log")
        parts = (line.partition(" timestamp=")[0].partition(" ") for line in lines)
        names = {copy: description for copy, _, description in parts}
        return _row(number, path, key, urls, (names.get(copy) or copy for copy in copies))

    def _special_remotes(self, git: subprocess.Popen[bytes]) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """The settings of special remotes by the UUID of their content, which several may have."""
        if self._remotes is None:
            latest = dict[str, dict[str, str]]()
            lines = filter(None, map(_REMOTE.fullmatch, self._lines(git, "remote.log")))
            for match in sorted(lines, key=lambda match: float(match["time"])):
                settings = (text.partition("=") for text in match["settings"].split(" "))
                latest[match["uuid"]] = {
                    name: re.sub(r"&(\d{1,5});", lambda code: chr(int(code[1])), value) for name, _, value in settings
                }
            self._remotes = {}
            for uuid, remote in latest.items():
                content = remote.get("sameas-uuid", uuid)
                stored = latest.get(content, {})
                self._remotes.setdefault(content, []).append({**stored, **remote, "stored": stored.get("type", "")})
        return self._remotes

    def _versions(self, git: subprocess.Popen[bytes], name: str) -> Mapping[str, Mapping[str, bool]]:
        """The versions of a key's content by the UUID of their remote: `ID#NAME`, and whether it is there."""
        versions = dict[str, dict[str, bool]]()
        lines = filter(None, map(_CHANGED.fullmatch, self._lines(git, name)))
        for match in sorted(lines, key=lambda match: float(match["time"])):
            for uuid, values in _VERSIONS.findall(match["fields"]):
                changes = {_decoded(value[1:]): value[0] == "+" for value in values.split(" ") if value}
                versions.setdefault(uuid, {}).update(changes)
        return versions

    def _lines(self, git: subprocess.Popen[bytes], name: str) -> list[str]:
        """The lines of a log of all branches."""
        return "".join(os.fsdecode(_object(git, f"{branch}:{name}")) for branch in self.branches).split("\n")

    def _logged(self, git: subprocess.Popen[bytes], name: str) -> list[str]:
        """The values in a log of all branches: of several lines of one value the latest counts."""
        latest = dict[str, tuple[float, str]]()
        for match in filter(None, map(_LOGGED.fullmatch, self._lines(git, name))):
            latest[match[3]] = max(latest.get(match[3], (0.0, "")), (float(match[1]), match[2]))
        # 1 is present; 0 was removed, X is lost.
        return [value for value, (_, state) in latest.items() if state == "1"]


def _decoded(value: str) -> str:
    """A value of a log, which is in Base64 after an exclamation mark where it has blanks."""
    if not value.startswith("!"):
        return value
    with suppress(ValueError):
        return os.fsdecode(b64decode(value[1:], validate=True))
    return ""


def _urls_in(remote: Mapping[str, str], key: str, place: str, versions: Mapping[str, bool]) -> Iterator[str]:
    """The addresses of a key's content in a special remote, as `git annex whereis` states them; none where they do not follow
    from its settings.

    Args:
        remote: Its settings.
        key: The key.
        place: The path of its content in a folder.
        versions: Those that the remote had, and whether it has them.
    """
    if remote.get("encryption", "none") != "none" or remote.get("chunk", "0") != "0":
        return
    kind, is_exported = remote.get("type"), remote.get("exporttree") == "yes"
    if kind == "S3":
        public = remote.get("publicurl", "").rstrip("/")
        base = public or _bucket_in(remote)
        present = (version.partition("#") for version, is_present in versions.items() if is_present)
        exported = [(name, f"?versionId={id}") for id, _, name in present]
        names = exported if is_exported else [(f"{remote.get('fileprefix', '')}{key}", "")]
        yield from (f"{base}/{quote(os.fsencode(name)) if public else name}{query}" for name, query in names if base)
    elif kind == "httpalso" and remote["stored"] == "directory" and not is_exported:
        yield f"{remote.get('url', '').rstrip('/')}/{quote(os.fsencode(place))}"


def _bucket_in(remote: Mapping[str, str]) -> str:
    """The URI of the bucket of a special remote; empty where S3's settings are for another store."""
    host = remote.get("host", "")
    # git-annex states http and port 80 of Amazon's host, too.
    is_amazons = host.endswith(".amazonaws.com")
    url = f"https://{host}" if is_amazons else f"{remote.get('protocol', 'http')}://{host}:{remote.get('port', '80')}"
    return f"s3://{remote.get('bucket', '')}" if is_configured(Settings(), url) else ""


def _leave_out(file_list: FileList, path: str) -> None:
    if not any(part.startswith(".") for part in path.split("/")):
        file_list.notes["files that Git itself has are left out: a clone has them"] += 1


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # both are opened
    return pipe


def _object(git: subprocess.Popen[bytes], name: str) -> bytes:
    """The content of an object; empty if there is none."""
    # A line feed would make two requests of one, and shift all later responses.
    if "\n" in name:
        return b""
    stdin, stdout = _pipe(git.stdin), _pipe(git.stdout)
    with suppress(BrokenPipeError):  # where git has ended, its exit code is reported
        stdin.write(os.fsencode(name) + b"\n")
        stdin.flush()
    # `git cat-file --batch` prints OID TYPE SIZE, the content and a line feed; NAME missing for what does not exist.
    size = stdout.readline().rpartition(b" ")[2].strip()
    return stdout.read(int(size) + 1)[:-1] if size.isdigit() else b""


def _records(pipe: IO[bytes]) -> Iterator[bytes]:
    """The records of an output, each of which ends with NUL."""
    rest = b""
    while block := pipe.read(1 << 16):
        *records, rest = (rest + block).split(b"\0")
        yield from records


def _key_in(content: str) -> str:
    """The key that a link or pointer names; empty if it is none."""
    if _OBJECTS not in content.partition("\n")[0]:
        return ""
    name = content.partition("\n")[0].rpartition("/")[2]
    return re.sub("%|&[csa]", lambda match: _ESCAPED[match[0]], name)


def _repository_of(path: Path) -> Path | None:
    """The folder of a data set, or that of a file in one; None if no repository is there."""
    folder = (path if path.is_dir() else path.parent).resolve()  # "repository/.." is not in the repository
    return folder if any((above / ".git").exists() for above in (folder, *folder.parents)) else None


def _is_data_set(head: Head) -> bool:
    if head.path.is_dir():
        folder = _repository_of(head.path)
        return folder is not None and bool(_Repository(folder).branches)
    return head.first.startswith(_OBJECTS) or (is_annexed_link(head.path) and not head.path.exists())


def _data_set_rows(file_list: FileList) -> Iterator[Row]:
    folder = _repository_of(file_list.path)
    if folder is None:
        remedy = "Name it in a clone of its data set, whose branch git-annex has its URLs."
        raise ListError(f"{file_list.shown} is a file of git-annex outside of a repository", remedy=remedy)
    repository = _Repository(folder)
    if file_list.path.is_dir():
        yield from repository.rows(file_list)
    else:
        yield repository.row(file_list.path)


DATA_SET = Format(
    "datalad",
    "data set of git-annex or DataLad, or a file of one",
    "folder in a repository with a branch git-annex; link or pointer to a key",
    _is_data_set,
    _data_set_rows,
    _files,
    manual=_MANUAL,
)
