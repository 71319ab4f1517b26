"""Downloads from commons: by GUID, from home and from elsewhere, each file verified; what fails states why."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from omicsdk.core import AuthError, ChecksumMismatch, Forbidden, NotFound, Unauthorized
from omicsdk.drs import NoAccess, RequestedObject, ResolutionSettings, UnknownPrefix, parse_drs_id
from omicsdk.gen3 import Gen3, Gen3Login
from omicsdk.gen3.downloads import own_prefix
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.sandbox.gen3 import READER
from omicsdk.transfer import TransferFailed

NOBODY = ResolutionSettings(order=())


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Sandbox]:
    """A second commons."""
    with Sandbox(tmp_path / "other") as running:
        running.settings.turn({"gen3.guid_prefix": "dg.OTHER/"})
        yield running


def states(report: object) -> list[str]:
    return [outcome.state for outcome in report.outcomes]


def test_guids_with_and_without_a_prefix_are_at_home(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    assert own_prefix(commons) == "dg.TEST"
    guids = [sandbox.gen3.add_file(f"{n}.bin", bytes([n]) * 70_000) for n in range(4)]
    assert guids[0].startswith("dg.TEST/")
    identifiers = [guids[0], guids[1].partition("/")[2], f"drs://{guids[2].replace('/', ':')}", parse_drs_id(guids[3])]
    commons.download(identifiers, tmp_path / "out", settings=NOBODY)
    for n in range(4):
        assert (tmp_path / "out" / f"{n}.bin").read_bytes() == bytes([n]) * 70_000


def test_many_files_take_few_calls(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    guids = [sandbox.gen3.add_file(f"{n}.bin", b"%d" % n) for n in range(120)]
    commons.download(guids, tmp_path / "out", settings=NOBODY)
    calls = [entry for entry in sandbox.requests("/") if not entry["path"].startswith("/gen3/_storage")]
    assert len(calls) <= 8
    assert len(list((tmp_path / "out").glob("*.bin"))) == 120


def test_what_fails_states_why_and_stops_nothing(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    good = sandbox.gen3.add_file("good", b"good")
    wrong = sandbox.gen3.add_file("wrong", b"wrong", hashes={"md5": "0" * 32})
    blank = sandbox.gen3.index.create_blank("somebody", "blank")["did"]
    identifiers = [good, wrong, blank, "dg.TEST/00000000-0000-4000-8000-000000000000", "dg.NONE/1"]
    with pytest.raises(TransferFailed, match="4 of 5 files failed") as caught:
        commons.download(identifiers, tmp_path / "out", settings=NOBODY)
    report = caught.value.report
    assert states(report) == ["done", *["failed"] * 4]
    kinds = [ChecksumMismatch, NoAccess, NotFound, UnknownPrefix]
    for outcome, kind in zip(report.outcomes[1:], kinds, strict=True):
        assert isinstance(outcome.error, kind)
    assert not (tmp_path / "out/wrong").exists()


def test_a_file_that_one_may_not_read_is_forbidden(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = sandbox.gen3.add_file("secret", b"s", authz=("/programs/secret",))
    free = sandbox.gen3.add_file("free", b"f")
    auth = Gen3Login(refresh_file=sandbox.gen3_credentials(tmp_path / "reader.json", READER))
    with Gen3(sandbox.gen3_url, credentials=auth) as commons:
        report = commons.download([secret, free], tmp_path / "out", settings=NOBODY, check=False)
        with pytest.raises(Forbidden, match="read-storage permission"), commons.open(secret, settings=NOBODY) as file:
            file.read()
    assert states(report) == ["failed", "done"]
    error = report.outcomes[0].error
    assert isinstance(error, Forbidden)
    assert not isinstance(error, AuthError)  # logging in again would not help
    assert (error.status, "read-storage permission" in str(error), "ask the owner" in error.remedy) == (401, True, True)


def test_without_a_login_a_file_that_is_not_open_needs_one(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = sandbox.gen3.add_file("secret", b"s", authz=("/programs/secret",))
    with Gen3(sandbox.gen3_url) as commons:
        report = commons.download([secret], tmp_path / "out", settings=NOBODY, check=False)
    assert isinstance(report.outcomes[0].error, Unauthorized)


def test_what_is_open_comes_without_a_login(sandbox: Sandbox, tmp_path: Path) -> None:
    free = sandbox.gen3.add_file("free", b"f")
    with Gen3(sandbox.gen3_url) as commons:
        commons.download([free], tmp_path / "out", settings=NOBODY)


def test_a_url_that_ends_is_requested_again(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    guids = [sandbox.gen3.add_file(f"{n}", b"x" * 1000) for n in range(3)]
    sandbox.add_faults(Rule("status", path="/gen3/_storage/*", status=403, times=2))
    commons.download(guids, tmp_path / "out", settings=NOBODY)


def test_a_manifest_may_know_more_than_the_record(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    guid = parse_drs_id(sandbox.gen3.add_file("a", b"a"))
    report = commons.download(
        [RequestedObject(guid, "a", 1, {"md5": "0" * 32})], tmp_path / "out", settings=NOBODY, check=False
    )
    assert isinstance(report.outcomes[0].error, ChecksumMismatch)


def test_files_of_another_commons_come_by_its_own_tokens(
    sandbox: Sandbox, other: Sandbox, commons: Gen3, tmp_path: Path
) -> None:
    there = other.gen3.add_file("there", b"there", authz=("/programs/secret",))
    host = other.url.partition("://")[2]
    sandbox.gen3.wts.add_commons("other", other.url, other.gen3_credentials(tmp_path / "other.json"))
    uri = f"drs://{host}/{there}"
    commons.download([uri, sandbox.gen3.add_file("here", b"h")], tmp_path / "out", settings=NOBODY)
    assert (tmp_path / "out/there").read_bytes() == b"there"


def test_another_commons_without_a_login_gives_what_is_open_and_states_why_not_the_rest(
    other: Sandbox, commons: Gen3, tmp_path: Path
) -> None:
    host = other.url.partition("://")[2]
    free = other.gen3.add_file("free", b"free")
    secret = other.gen3.add_file("secret", b"s", authz=("/programs/secret",))
    report = commons.download(
        [f"drs://{host}/{free}", f"drs://{host}/{secret}"], tmp_path / "out", settings=NOBODY, check=False
    )
    assert states(report) == ["done", "failed"]
    assert "login" in str(report.outcomes[1].error)


def test_the_file_of_a_record_is_downloaded_alone(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    guid = sandbox.gen3.add_file("a.txt", b"reads")
    assert commons.download_record(guid, tmp_path / "planned", dry_run=True).counts["planned"] == 1
    report = commons.download_record(guid, tmp_path / "out")
    assert not (tmp_path / "planned").exists()
    assert (tmp_path / "out" / report.files[0].name).read_bytes() == b"reads"
    wrong = sandbox.gen3.add_file("wrong", b"wrong", hashes={"md5": "0" * 32})
    with pytest.raises(TransferFailed) as caught:
        commons.download_record(wrong, tmp_path / "out")
    assert isinstance(caught.value.__cause__, ChecksumMismatch)
    assert commons.download_record(wrong, tmp_path / "out", check=False).counts["failed"] == 1
