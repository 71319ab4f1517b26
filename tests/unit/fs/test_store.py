"""What each store does unless it says otherwise: entries, listings, downloads from other copies, refusals; and what is kept of responses."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import InconsistentListing, ManualClock, NotFound
from omicsdk.fs import CopyOptions, Entry, Features, IsFolder, NotAFolder, Put, ReadOnly, Store, Unsupported
from omicsdk.fs.store import Cache, ClientStore, put_files, strongest
from omicsdk.transfer import Location, Outcome, TransferReport


class Listed(Store):
    """A read-only platform that has what it lists."""

    scheme = "listed"

    def __init__(self, folders: dict[str, list[Entry]], copies: int = 1) -> None:
        self.folders, self.copies = folders, copies
        self.forgotten: list[str] = []
        self.refused: list[str] = []

    def _stat(self, path: str) -> Entry:
        files = {entry.path: entry for entries in self.folders.values() for entry in entries}
        return files.get(path) or Entry(path, "folder")

    def _entries(self, path: str) -> Iterator[Entry]:
        yield from self.folders.get(path, [])

    def _forget(self, path: str) -> None:
        self.forgotten.append(path)

    def location(self, entry: Entry) -> Location:
        return Location(f"https://files.example.org/{entry.path}", entry.details)

    def elsewhere(self, entry: Entry, refused: Location | None = None) -> bool:
        self.refused.append(entry.path)
        return self.refused.count(entry.path) < self.copies


FILE = Entry("a/x", "file", 5)
FOLDER = Entry("a", "folder")


@pytest.mark.parametrize(
    ("entry", "info"),
    [
        (FILE, {"name": "a/x", "size": 5, "type": "file"}),
        (Entry("a/x", "file"), {"name": "a/x", "size": None, "type": "file"}),
        (FOLDER, {"name": "a", "size": 0, "type": "directory"}),
        (
            Entry("a/x", "file", 0, {"md5": "0"}, 0.0, "v", {"id": 1}, handle=object()),
            {
                "name": "a/x",
                "size": 0,
                "type": "file",
                "mtime": 0.0,
                "version": "v",
                "checksums": {"md5": "0"},
                "details": {"id": 1},
            },
        ),
    ],
)
def test_an_entry_states_what_fsspec_does(entry: Entry, info: dict[str, Any]) -> None:
    assert entry.info() == info


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ([], ""),
        (["unknown"], ""),
        (["md5", "sha256", "crc32c"], "sha256"),
        (["sha1", "sha224"], "sha224"),
        (["crc32", "s3_etag"], "s3_etag"),
        (["s3_etag:8", "crc32c"], "crc32c"),
        (["crc64nvme", "crc32"], "crc32"),
        (["sha256:8", "sha256"], "sha256"),
    ],
)
def test_the_strongest_checksum_is_compared(names: list[str], name: str) -> None:
    assert strongest(names) == name


def test_a_platform_is_read_only_unless_it_says_otherwise(tmp_path: Path) -> None:
    store = Listed({})
    features = Features()
    assert (features.removal_batch, features.alternative) == (0, "")
    assert [name for name in features._fields if getattr(features, name)] == []
    options = CopyOptions()
    refusals: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: store.put([Put("x", "a/x")], options), ReadOnly, "listed://a/x cannot be written"),
        (lambda: store.check_puts([]), ReadOnly, "listed:// cannot be written"),
        (lambda: store.make_folder("a"), ReadOnly, "cannot be created"),
        (lambda: store.remove(FILE), ReadOnly, "cannot be removed"),
        (lambda: store.move(FILE, "b"), NotImplementedError, "does not move a/x to b"),
        (lambda: store.copy(FILE, "b"), NotImplementedError, "does not copy a/x to b"),
        (lambda: store.copy_many([], options), NotImplementedError, "copies files one by one"),
        (lambda: store.remove_files([FILE]), NotImplementedError, "removes files one by one: 1"),
        (lambda: store.presign(FOLDER), IsFolder, "is a folder"),
        (lambda: store.presign(FILE, 60), Unsupported, "for a chosen time"),
        (lambda: store.presign(FILE._replace(details={"authorization": "x"})), Unsupported, "without credentials"),
    ]
    for act, error, message in refusals:
        with pytest.raises(error, match=message):
            act()
    assert store.presign(FILE) == "https://files.example.org/a/x"
    assert not Store.elsewhere(store, FILE)
    assert not store.is_link(FILE)


def test_only_a_fresh_state_makes_a_store_forget() -> None:
    store = Listed({"a": [FILE]})
    assert store.stat("a/x") == FILE
    assert store.forgotten == []
    assert store.stat("a/x", refresh=True) == FILE
    assert store.forgotten == ["a/x"]
    with pytest.raises(NotAFolder):
        store.stat("a/x", folder=True)
    assert list(store.walk("a/x")) == list(store.walk("a")) == [FILE]


@pytest.mark.parametrize(("levels", "is_listed"), [(1024, True), (1025, False)])
def test_a_folder_within_itself_is_not_followed_without_end(levels: int, is_listed: bool) -> None:
    paths = [
        "a",
        *itertools.islice(itertools.accumulate(itertools.repeat("a"), lambda path, _: f"{path}/b"), 1, levels + 1),
    ]
    store = Listed({above: [Entry(path, "folder")] for above, path in itertools.pairwise(paths)})
    if is_listed:
        assert len(list(store.tree(FOLDER))) == levels + 1
    else:
        with pytest.raises(InconsistentListing, match="listed within itself"):
            list(store.tree(FOLDER))


@pytest.mark.parametrize(
    ("copies", "errors", "why_stopped", "states", "runs"),
    [
        (2, [NotFound("gone", status=404)], "", ["done", "done"], [2, 1]),
        (3, [NotFound("gone", status=404)] * 2, "", ["done", "done"], [2, 1, 1]),
        (1, [NotFound("gone", status=404)], "", ["failed", "done"], [2]),
        (2, [OSError("full")], "", ["failed", "done"], [2]),
        (2, [NotFound("gone", status=404)], "stopped", ["failed", "done"], [2]),
    ],
)
def test_what_a_storage_lacks_is_downloaded_from_other_copies(
    copies: int,
    errors: list[Any],
    why_stopped: str,
    states: list[str],
    runs: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left, sizes = list(errors), list[int]()

    def download(items: Sequence[Any], folder: Path, **_: object) -> TransferReport:
        sizes.append(len(items))
        assert folder == tmp_path
        outcomes = [
            Outcome(item.name, "failed", error=left.pop(0), attempts=1)
            if left and item.name == "x"
            else Outcome(item.name, "done")
            for item in items
        ]
        return TransferReport(outcomes, why_stopped=why_stopped)

    monkeypatch.setattr("omicsdk.transfer.download", download)
    named = [(FILE, "x"), (Entry("a/y", "file"), "y")]
    report = Listed({}, copies).download(named, tmp_path, CopyOptions())
    assert sizes == runs
    assert [outcome.state for outcome in report.outcomes] == states


@pytest.mark.parametrize(
    ("connections", "of_store", "used", "journal"), [(None, 16, 16, None), (3, 16, 3, None), (None, 4, 4, "folder")]
)
def test_uploads_have_the_stores_connections_and_leave_no_parts_without_a_journal(
    connections: int | None, of_store: int, used: int, journal: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def upload(uploads: Sequence[Any], **options: Any) -> TransferReport:
        seen.update(options)
        return TransferReport([])

    monkeypatch.setattr("omicsdk.transfer.uploads.uploading.upload", upload)
    monkeypatch.setattr(
        "omicsdk.transfer.uploads.uploading.upload_prepared", lambda files, prepare, send, stopped: send([])
    )
    options = CopyOptions(connections=connections, journal=journal)
    put_files([], lambda _: pytest.fail("nothing is prepared"), options, connections=of_store)
    assert (seen["connections"], seen["abort"], seen["journal"]) == (used, journal is None, journal)


# -- what is kept


def test_the_least_recently_used_results_make_room() -> None:
    cache = Cache[str, str](4, weigh=len)
    assert [cache.keep(key, key * 2) for key in ("a", "b")] == ["aa", "bb"]
    assert cache.get("a") == "aa"
    cache.keep("c", "c")
    assert [cache.get(key) for key in "abc"] == ["aa", None, "c"]
    cache.keep("c", "cc")  # in place of the one before
    assert [cache.get(key) for key in "ac"] == ["aa", "cc"]
    cache.keep("d", "d" * 9)  # a single one is kept whatever its weight
    assert [cache.get(key) for key in "acd"] == [None, None, "d" * 9]


@pytest.mark.parametrize(("key", "kept"), [("a", [None, 2]), (None, [None, None]), ("other", [1, 2])])
def test_results_are_forgotten_by_key_or_all(key: str | None, kept: list[int | None]) -> None:
    cache = Cache[str, int](2)
    cache.keep("a", 1)
    cache.keep("b", 2)
    cache.forget(key)
    assert [cache.get(name) for name in "ab"] == kept
    cache.keep("c", 3)
    assert cache.get("c") == 3
    assert cache.get("b") == kept[1]


def test_results_are_kept_for_their_time() -> None:
    clock = ManualClock()
    cache = Cache[str, int](2, 10, clock)
    cache.keep("a", 1)
    clock.advance(9.9)
    assert cache.get("a") == 1
    clock.advance(0.1)
    assert cache.get("a") is None


def test_a_client_that_was_passed_stays_open_and_another_is_made_once() -> None:
    class Client:
        closed = 0

        def close(self) -> None:
            self.closed += 1

    class OfClient(ClientStore[Client], Listed):
        pass

    passed, made = Client(), list[Client]()

    def connect() -> Client:
        made.append(Client())
        return made[-1]

    for client, expected in ((passed, passed), (None, None)):
        with OfClient(client, connect) as store:
            assert store.client is store.client
            assert expected in (None, store.client)
    assert (passed.closed, [client.closed for client in made]) == (0, [1])
