"""One function decides the exit code from the outcomes: every command of items, with every cause."""

import errno
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from handwritten import leaf_commands
from omicsdk.cli.arguments import key
from omicsdk.cli.errors import is_denied, line_of
from omicsdk.cli.failures import advise, exit_code, outcome_code
from omicsdk.cli.invoke import called
from omicsdk.cli.output import Console, Output
from omicsdk.cli.program import CommandNode
from omicsdk.core import (
    AuthError,
    BadRequest,
    ChecksumMissing,
    DiskFull,
    Forbidden,
    Interrupted,
    NotFound,
    ServerError,
    SomeFailed,
    TransferError,
    Unauthorized,
    UsageError,
)
from omicsdk.core.errors import WRONG_KEYS, OmicsError, raise_failed
from omicsdk.dtp.storage.datasets import DatasetReport
from omicsdk.fs.copying.comparison import Verdict
from omicsdk.fs.copying.planning import CopyPlan, Selected
from omicsdk.fs.store import Entry
from omicsdk.fs.uris import Uri
from omicsdk.ga4gh import SavedSequence, SavedSlice
from omicsdk.gen3 import uploads as gen3
from omicsdk.hca.dss.downloads import Bundle, Result
from omicsdk.hca.dss.uploads import UploadedBundle
from omicsdk.hca.upload import uploads as areas
from omicsdk.pangea.batches import Batch
from omicsdk.pangea.reads import ReadSet, ReadsResult, UploadedReads, reads_result
from omicsdk.pangea.uploads import UploadedField, uploaded_field
from omicsdk.sb.reports import FilesReport, TransferredFile, files_report
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.engine.control import HungUp, Terminated


@pytest.mark.parametrize(
    ("failed", "total", "denied", "is_partial", "code"),
    [
        (0, 0, 0, False, 0),
        (0, 5, 0, False, 0),
        (1, 1, 0, False, 1),
        (1, 2, 0, False, 3),
        (2, 2, 0, False, 3),
        (1, 1, 1, False, 4),
        (2, 2, 2, False, 4),
        (2, 2, 1, False, 3),
        (1, 2, 1, False, 3),
        (0, 1, 0, True, 3),
        (1, 1, 0, True, 3),
        (2, 2, 2, True, 3),
    ],
)
def test_outcomes_decide_the_exit_code(failed, total, denied, is_partial, code):
    assert outcome_code(failed, total, denied, is_partial=is_partial) == code


def caused(error: OmicsError, cause: OmicsError) -> OmicsError:
    error.__cause__ = cause
    return error


DENIED = Forbidden("no", status=403)
LOST = NotFound("gone", status=404)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LOST, 1),
        (DiskFull("/x"), 1),
        (ChecksumMissing("x"), 1),
        (DENIED, 4),
        (Unauthorized("no", status=401), 4),
        (caused(TransferError("the bucket refuses it"), DENIED), 4),
        *((BadRequest("no", status=400, code=code), 4) for code in sorted(WRONG_KEYS)),  # S3's, most of them with 400
        (BadRequest("no", status=400, code="InvalidArgument"), 1),
        (Interrupted("its time is over"), 3),
        (SomeFailed("x"), 3),
        (SomeFailed("1 of 1", [LOST]), 1),
        (SomeFailed("1 of 2", [LOST], others=1), 3),
        (SomeFailed("2 of 2", [LOST, LOST]), 3),
        (SomeFailed("2 of 2", [DENIED, AuthError("no token")]), 4),
        (SomeFailed("2 of 3", [DENIED, DENIED], others=1), 3),
        (SomeFailed("2 of 2", [DENIED, LOST]), 3),
    ],
)
def test_an_error_that_ends_a_command_decides_as_outcomes_do(error, code):
    assert exit_code(error) == code


def test_the_error_of_a_batch_states_the_others():
    with pytest.raises(SomeFailed) as raised:
        raise_failed([DENIED, DENIED], 3, "samples")
    assert exit_code(raised.value) == 3
    report = TransferReport(
        [*(Outcome(f"f{n}", "failed", error=DENIED) for n in range(1500)), *[Outcome("d", "done", 1)]]
    )
    with pytest.raises(SomeFailed) as raised:
        report.raise_if_failed()
    assert (len(raised.value.errors), raised.value.others, exit_code(raised.value)) == (1000, 1, 3)


# -- every command

STOPPED = "stopped"
RESOURCE: Any = SimpleNamespace(name="n", uuid="u", module_name="m", replicate="r", to_dict=dict)
End = OmicsError | str | None
"""How an item ended: an error, stopped, or None for done."""


def causes() -> dict[str, tuple[Sequence[End], int]]:
    def lost() -> OmicsError:
        return NotFound("gone", status=404)

    def denied() -> OmicsError:
        return Forbidden("no", status=403)

    return {
        "done": ([None, None], 0),
        "the only one fails": ([lost()], 1),
        "one of two fails": ([None, lost()], 3),
        "all fail": ([lost(), ServerError("down", status=500)], 3),
        "the only one is denied": ([denied()], 4),
        "the token expired": ([Unauthorized("expired", status=401)], 4),
        "no credentials": ([AuthError("no token"), AuthError("no token")], 4),
        "all are denied": ([denied(), Unauthorized("expired", status=401)], 4),
        "one of two is denied": ([None, denied()], 3),
        "all fail, one is denied": ([denied(), lost()], 3),
        "the time is over": ([None, STOPPED], 3),
        "the time is over for the only one": ([STOPPED], 3),
        "the time is over after a failure": ([denied(), STOPPED], 3),
    }


def outcome(number: int, end: End) -> Outcome:
    name = f"f{number}"
    if isinstance(end, OmicsError):
        return Outcome(name, "failed", 1, error=end)
    return Outcome(name, "stopped" if end else "done", 1)


def report(ends: Sequence[End]) -> TransferReport:
    why = "the time budget of 3 s is over" if STOPPED in ends else ""
    return TransferReport([outcome(number, end) for number, end in enumerate(ends)], why_stopped=why)


def error_of(end: End) -> OmicsError | None:
    return end if isinstance(end, OmicsError) else None


def errors_of(ends: Sequence[End]) -> list[OmicsError]:
    return [end for end in ends if isinstance(end, OmicsError)]


def of_files(ends: Sequence[End]) -> Any:
    from omicsdk.cli.commands.files.changes import Changed

    files = [
        Selected(Uri("file", f"/f{number}"), Entry(f"f{number}", "file"), f"f{number}") for number in range(len(ends))
    ]
    return Changed(CopyPlan(Uri("file", "/to"), files), report(ends))


def of_sb(ends: Sequence[End]) -> FilesReport:
    made = report(ends)
    return files_report(made, [TransferredFile("i", "f", "sb://me/p/f", 1)] * len(ends))


def of_dss(ends: Sequence[End]) -> Result:
    made = Result.of(report(ends))
    made.bundles = [Bundle({"bundle": {"uuid": "u", "version": "v"}}, [])]
    return made


def of_dss_upload(ends: Sequence[End]) -> UploadedBundle:
    return UploadedBundle.of(report(ends))


def of_areas(ends: Sequence[End]) -> areas.UploadResult:
    made = areas.UploadResult.of(report(ends))
    made.area_uuid, made.uploaded = "u", [areas.UploadedFile(outcome.name) for outcome in made.outcomes]
    return made


def of_gen3(ends: Sequence[End]) -> gen3.UploadResult:
    made = gen3.UploadResult.of(report(ends))
    made.transferred = [
        gen3.UploadedFile(Path(f"f{n}"), f"f{n}", "g", 1, error=error_of(end)) for n, end in enumerate(ends)
    ]
    return made


def of_dataset(ends: Sequence[End]) -> DatasetReport:
    made = DatasetReport.of(report(ends))
    made.folder = Path("d")
    return made


def of_slice(ends: Sequence[End]) -> SavedSlice | None:
    made = SavedSlice.of(report(ends))
    made.path, made.format, made.blocks = "f", "BAM", 2
    return made if len(ends) == 1 else None


def of_sequence(ends: Sequence[End]) -> SavedSequence | None:
    made = SavedSequence.of(report(ends))
    made.path = made.id = "f"
    return made if len(ends) == 1 else None


def of_reads(ends: Sequence[End]) -> ReadsResult:
    states = {True: "failed", False: "uploaded"}
    samples = [
        UploadedReads(
            ReadSet(f"s{n}", {}),
            "stopped" if end == STOPPED else states[isinstance(end, OmicsError)],
            *((RESOURCE, RESOURCE) if end is None else ()),
            error=error_of(end),
        )
        for n, end in enumerate(ends)
    ]
    return reads_result(report(ends), samples)


def of_field(ends: Sequence[End]) -> UploadedField | None:
    return uploaded_field(report(ends), "n", "u", "r", "f0") if len(ends) == 1 else None


def of_batch(ends: Sequence[End]) -> Batch[Any] | None:
    done = [RESOURCE for end in ends if end is None]
    return None if STOPPED in ends else Batch("deleted", "samples", done, errors=errors_of(ends))


def of_done(ends: Sequence[End]) -> Any:
    from omicsdk.cli.commands.sb.results import CommandResult

    return None if STOPPED in ends else CommandResult([], "done", errors_of(ends), len(ends))


def of_removal(ends: Sequence[End]) -> Any:
    from omicsdk.cli.commands.files.changes import Removed

    return Removed(report(ends))


def of_drs(ends: Sequence[End]) -> Any:
    requested = SimpleNamespace(identifier=SimpleNamespace(text="drs://h/1"))
    files = [SimpleNamespace(requested=requested, error=error_of(end), to_dict=dict) for end in ends if end != STOPPED]
    return None if STOPPED in ends else iter(files)


def of_verdicts(ends: Sequence[End]) -> list[Verdict] | None:
    states = {True: "wrong", False: "verified"}
    verdicts = [Verdict(f"f{n}", states[isinstance(end, OmicsError)], "md5") for n, end in enumerate(ends)]
    return None if STOPPED in ends or any(map(is_denied, ends)) else verdicts


RESULTS: dict[str, Callable[[Sequence[End]], Any]] = {
    "transfers:transferred": report,
    "ga4gh:downloaded": report,
    "ga4gh:file_listing": of_drs,
    "files.changes:changed": of_files,
    "files.changes:removed": of_removal,
    "files.listings:verified": of_verdicts,
    "dss:bundle_manifest": of_dss,
    "dss:download_result": of_dss,
    "dss:uploaded_bundle": of_dss_upload,
    "upload:uploaded": of_areas,
    "dtp:downloaded": of_dataset,
    "ga4gh:saved_slice": of_slice,
    "ga4gh:saved_sequence": of_sequence,
    "gen3.transfers:uploaded": of_gen3,
    "locks:pulled": report,
    "gen3.transfers:workspace_copied": report,
    "sb.files:transferred": of_sb,
    "sb.results:command_rows": of_done,
    "pangea.transfers:downloaded_results": report,
    "pangea.transfers:uploaded_reads": of_reads,
    "pangea.transfers:uploaded_field": of_field,
    "pangea.resources:deletions": of_batch,
}
"""How each renderer's result is made; None where it cannot have such an end."""

OTHERS = {
    "sb tasks logs": "prints what a task wrote",
}
"""Commands with the options of transfers and another result."""

ARGUMENTS = {"uris": ["file:///f0"], "paths": ["f0"], "names": ["f0"], "what": ["m.tsv"]}


def renderer(command: CommandNode) -> str:
    return (command.command.get("render") or "").removeprefix("omicsdk.cli.commands.")


COMMANDS = leaf_commands()
WALKED = sorted(name for name, node in COMMANDS.items() if renderer(node) in RESULTS)


def test_every_command_that_transfers_is_walked():
    moving = {name for name, node in COMMANDS.items() if "control" in node.command.get("supplied", ())}
    assert moving - {*WALKED} == {*OTHERS}


def result_of(**_: object) -> object:
    """Stands for the function of a command."""
    return RESULT[0]


RESULT: list[object] = [None]


CASES = [
    (name, cause)
    for name in WALKED
    for cause, (ends, _) in causes().items()
    if RESULTS[renderer(COMMANDS[name])](ends) is not None
]


@pytest.mark.parametrize(("name", "cause"), CASES)
def test_every_command_and_cause(name, cause, monkeypatch, capsys):
    ends, code = causes()[cause]
    command = COMMANDS[name].command
    RESULT[0] = RESULTS[renderer(COMMANDS[name])](ends)
    monkeypatch.setattr(
        "omicsdk.cli.commands.upload.UploadConfig",
        lambda: SimpleNamespace(selected=lambda: SimpleNamespace(uri="s3://u/", area_uuid="u")),
    )
    arguments = {
        key(parameter): ARGUMENTS.get(key(parameter), "x")
        for parameter in command.get("parameters", ())
        if parameter.get("required")
    }
    console = Console(stderr=(err := io.StringIO()))
    run: Any = {**command, "run": f"{__name__}:{result_of.__name__}", "gathered": {}}
    try:
        Output("json").result(called(run, arguments, console))
        ended = console.exit_code
    except OmicsError as error:
        ended = exit_code(error)
    assert ended == code, err.getvalue()
    if STOPPED in ends:
        assert "the time budget of 3 s is over" in err.getvalue()
        assert capsys.readouterr().out


def test_nothing_selected_is_a_warning_or_a_failure_on_request():
    for options, code in (({}, 0), ({"fail_empty": True}, 1)):
        console = Console(stderr=(err := io.StringIO()))
        RESULT[0] = TransferReport()
        run = {**COMMANDS["get"].command, "run": f"{__name__}:{result_of.__name__}"}
        called(run, {"what": ["m.tsv"], "folder": "to", **options}, console)
        assert (console.exit_code, "nothing to do: no file is selected" in err.getvalue()) == (code, True)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            UsageError("no target", remedy="Name it: omics get --to DATA"),
            "no target. Name it: omics get --to DATA; see: ",
        ),
        (UsageError("no target", remedy="Name it."), "no target. Name it. See: "),
        (KeyboardInterrupt(), "interrupted."),
        (Terminated(), "ended by SIGTERM."),
        (HungUp(), "ended by SIGHUP."),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "the current folder was removed. Change to"),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory"), "No usable temporary directory"),
        (OSError(errno.EMFILE, "Too many open files", "a"), "a: Too many open files. Raise the limit (ulimit -n 1024)"),
        (RuntimeError("can't start new thread"), "no more threads can be started. Lower --connections, "),
        (KeyError("https://h/a?sig=canary"), "unexpected KeyError: 'https://h/a?***'. This is a bug in omics"),
        (OSError(errno.EACCES, "Permission\n  denied", "a  b\tc"), r"a  b\x09c: Permission denied"),
    ],
)
def test_a_line_of_an_error_states_what_to_do(
    error: BaseException, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    if "folder was removed" in line:
        tmp_path.rmdir()
    advise(error, "omics get")
    assert line_of(error, "omics get").removeprefix("omics: ").removeprefix("get: ").startswith(line)


def test_a_usage_error_is_one_for_a_single_item_only():
    assert exit_code(UsageError("x")) == 2
    assert exit_code(SomeFailed("2 of 2", [UsageError("x"), UsageError("y")])) == 3


@pytest.mark.parametrize("words", [("projects", "ls"), ("api", "get-current-user")])
def test_missing_credentials_are_not_usage_and_a_misspelled_variable_is_named(omics, monkeypatch, words):
    monkeypatch.setenv("SB_AUTH_TOKNE", "canary")
    ran = omics("sb", *words, installed=True)
    assert ran.code == 4
    assert "No credentials found for the platform sb" in ran.err
    assert "SB_AUTH_TOKNE has no effect: no such variable. Did you mean SB_AUTH_TOKEN?" in ran.err
    assert "canary" not in ran.err
