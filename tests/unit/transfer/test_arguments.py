"""Arguments that make no sense: each is reported by its name, before anything is fetched or sent."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import omicsdk.transfer
import pytest
from omicsdk.transfer import Control, FsspecTarget, Item, Location, Plan, Upload, download, run_shards, upload
from omicsdk.transfer.arguments import permissions
from wrong_arguments import HERE, wrong


@pytest.mark.parametrize("value", ["4", 2.5, True])
@pytest.mark.parametrize("name", ["connections", "locators"])
def test_numbers_are_whole_numbers(tmp_path: Path, name: str, value: object) -> None:
    assert wrong(download, [], tmp_path, **{name: value}) == f"{name} must be a whole number, not {value!r}"


@pytest.mark.parametrize("name", ["connections", "locators"])
def test_numbers_have_bounds(tmp_path: Path, name: str) -> None:
    assert wrong(download, [], tmp_path, **{name: 0}) == f"{name} is 0, but must be at least 1"


@pytest.mark.parametrize(("name", "value"), [("connections", "4"), ("callers", 1.5)])
def test_numbers_of_uploads(name: str, value: object) -> None:
    assert wrong(upload, [], **{name: value}) == f"{name} must be a whole number, not {value!r}"


@pytest.mark.parametrize("name", ["spool_files", "spool_bytes", "puts"])
def test_numbers_of_targets(name: str) -> None:
    fsspec = pytest.importorskip("fsspec")
    assert (
        wrong(FsspecTarget, fsspec.filesystem("memory"), "x", **{name: "9"})
        == f"{name} must be a whole number, not '9'"
    )


@pytest.mark.parametrize(("name", "value"), [("rate_limit", "1M"), ("budget", "3h"), ("rate_limit", True)])
def test_limits_are_numbers(name: str, value: object) -> None:
    assert re.fullmatch(rf"{name} must be a number of .*, not {value!r}", wrong(Control, **{name: value}))


@pytest.mark.parametrize(("folder", "kind"), [(None, "None"), (5, "an int"), (b"bytes", "a bytes"), (["a"], "a list")])
def test_a_folder_is_a_path(folder: Any, kind: str) -> None:
    why = f"folder must be a path, a URL or an FsspecTarget, not {kind}"
    assert wrong(download, [], folder) == wrong(Plan, [], folder) == why


def test_an_empty_folder_is_not_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert wrong(download, [], "") == "folder is empty. Name a folder, or . for the current one."
    why = wrong(download, [], "~/d")
    assert re.match(r"folder is '~/d', and a shell replaces ~ only .*, in Python Path\('~/d'\)\.expanduser\(\)\.", why)
    assert wrong(download, [], Path("~/d")) == why
    assert wrong(download, [], "~") == why.replace("~/d", "~")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [("control", 3, "a Control"), ("patience", 30, "a Patience"), ("progress", 1, "function")],
)
def test_objects_are_of_their_kinds(tmp_path: Path, name: str, value: object, kind: str) -> None:
    for call, args in ((download, ([], tmp_path)), (upload, ([],))):
        message = wrong(call, *args, **{name: value})
        assert message.startswith(name)
        assert kind in message


@pytest.mark.parametrize("mode", [600, 0, 0o444, 0o1600])
def test_permissions_let_the_owner_read_and_write(tmp_path: Path, mode: int) -> None:
    message = wrong(download, [], tmp_path / "new", mode=mode)
    assert message.startswith(f"mode is {mode:#o}")
    assert "0o600" in message
    assert not (tmp_path / "new").exists()
    assert permissions("mode", 0o640) == 0o640


@pytest.mark.parametrize("items", [None, Item("x", HERE), 7])
def test_items_are_many(tmp_path: Path, items: Any) -> None:
    assert wrong(download, items, tmp_path).startswith("items must be a list or iterator of Items")


def test_an_upload_goes_to_a_store() -> None:
    message = wrong(Upload, "a.bin", HERE.url)
    assert message.startswith("a.bin: `to` must be a PutTo")
    assert "canary" not in message


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": None}, "an item's name must be text, not None"),
        ({"name": Path("a/b")}, "an item's name must be text, not a PosixPath"),
        ({"locate": HERE.url}, "x: locate must be a Location or a function that returns one, not a str"),
        ({"size": "12"}, "x: size must be a whole number of bytes, not '12'"),
        ({"size": 1.5}, "x: size must be a whole number of bytes, not 1.5"),
        ({"retries": "3"}, "x: retries must be a whole number, not '3'"),
        ({"min_delay": "3"}, "x: min_delay must be a number of seconds, not '3'"),
        ({"checksums": "0" * 64}, "x: checksums must be a mapping from algorithm to value, not a str"),
        ({"checksums": {"sha256": b"0" * 64}}, "x: the sha256 must be text, not bytes"),
        ({"checksums": {"sha256": "abc"}}, "x: 'abc' is not a valid sha256, which is 64 hexadecimal digits"),
        ({"checksums": {"md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}}, "is not a valid md5, which is 32 hexadecimal digits"),
        ({"checksums": {"s3_etag": "0" * 32 + "-"}}, "is not a valid s3_etag"),
        ({"checksums": {"sha3": "1"}}, "x: no checksum 'sha3' can be verified"),
        ({"size": -1}, "x: size, retries and min_delay cannot be negative"),
        ({"retries": -1}, "x: size, retries and min_delay cannot be negative"),
        ({"min_delay": -0.5}, "x: size, retries and min_delay cannot be negative"),
    ],
)
def test_an_item_states_what_is_wrong_with_it(changed: dict[str, Any], expected: str) -> None:
    if os.name == "nt":
        expected = expected.replace("PosixPath", "WindowsPath")
    message = wrong(Item, **{"name": "x", "locate": HERE, **changed})
    assert expected in message
    assert "canary" not in message


def test_numbers_of_other_libraries_are_taken() -> None:
    class Int64:
        """As numpy has it."""

        def __index__(self) -> int:
            return 7

    number: Any = Int64()
    item = Item("x", HERE, number, retries=number)
    assert (type(item.size), item.size, type(item.retries)) == (int, 7, int)


def test_renew_is_a_function() -> None:
    with pytest.raises(TypeError, match="x: renew must be a function that returns a Location, not a str"):
        Item("x", HERE, renew="https://example.org")


def test_what_platforms_state_is_taken() -> None:
    checksums = {"SHA256": " " + "AB" * 32, "md5": None, "s3_etag": "ab" * 16 + "-12", "crc32c": "0000abcd"}
    item = Item("x", HERE, 0, checksums)
    assert item.checksums == {"sha256": "ab" * 32, "s3_etag": "ab" * 16 + "-12", "crc32c": "0000abcd"}
    assert Item("x", HERE, 0, {"s3_etag": "ab" * 16}).checksums == {"s3_etag": "ab" * 16}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((None,), "a Location's url must be text, not None"),
        ((b"http://x",), "a Location's url must be text, not a bytes"),
        ((HERE.url, {"Range": 7}), "the header 'Range' must be text, not an int"),
        ((HERE.url, [("a", "canary")]), "headers must be a mapping from name to value, not a list"),
    ],
)
def test_a_location_states_what_is_wrong_with_it(args: tuple[Any, ...], expected: str) -> None:
    message = wrong(Location, *args)
    assert expected in message
    assert "canary" not in message


def test_a_plan_refuses_what_comes_only_once(tmp_path: Path) -> None:
    def items() -> Iterator[Item]:
        yield Item("x", HERE)

    for once in (items(), iter([Item("x", HERE)])):
        with pytest.raises(TypeError, match="can be read only once"):
            Plan(once, tmp_path)
    assert Plan(items, tmp_path).shards(1)[0].files == 1


def test_a_plan_knows_its_options(tmp_path: Path) -> None:
    message = wrong(Plan, [], tmp_path, conections=3)
    assert "conections" in message
    assert "connections" in message.replace("conections", "")
    assert wrong(Plan, [], tmp_path, connections="3") == "connections must be a whole number, not '3'"
    assert wrong(Plan([], tmp_path).shards, "2") == "n must be a whole number, not '2'"


def test_a_plan_of_other_objects_than_items(tmp_path: Path) -> None:
    urls: Any = ["http://x/y"]
    assert wrong(Plan(urls, tmp_path).shards, 2).startswith("item 1 is a str, not an Item")
    assert wrong(Plan(lambda: urls, tmp_path).shards, 2).startswith("item 1 is a str, not an Item")


def test_shards_and_where_they_run(tmp_path: Path) -> None:
    plan = Plan([], tmp_path)
    assert wrong(run_shards, plan, ThreadPoolExecutor).startswith("shards must be a list or iterator of Shards")
    assert wrong(run_shards, plan.shards(1), 4).startswith("executor must be an Executor")


@pytest.mark.parametrize("run", ["../x", ""])
def test_the_name_of_a_run_is_a_files_name(target: Path, run: str) -> None:
    assert "file's name" in wrong(download, [], target, run=run)
    assert not target.exists()


def test_only_the_edge_knows_libcurl() -> None:
    package = Path(omicsdk.transfer.__file__).parent
    assert [path.name for path in package.rglob("*.py") if "import pycurl" in path.read_text()] == ["wire.py"]
    assert sorted(omicsdk.transfer.__all__) == sorted(dir(omicsdk.transfer))
    for name in omicsdk.transfer.__all__:
        assert getattr(omicsdk.transfer, name).__name__ == {"Report": "TransferReport"}.get(name, name)
