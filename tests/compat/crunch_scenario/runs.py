"""Runs of datasets by scripts: their results in the folder, in the storage and on the site."""

import json
from pathlib import Path
from typing import Any

from noted import Noted
from party import Party

WORKFLOW = """#!/bin/sh
echo hi > out.txt
mkdir -p res
cp in.txt res/copy.txt
rm -f gone.txt
"""
FILES = {"in.txt": "abc\n", "sub/in2.txt": "deeper", ".hidden": "h", "gone.txt": "bye\n", "ünï code.txt": "u"}


def script(party: Party, note: Noted) -> None:
    slug = party.dataset(party.project("Script", WORKFLOW), "s1", FILES)
    note("failed", bool(party.run(slug, "script")()))
    note("statuses", party.statuses(slug))
    worked = party.worked("script")
    note("files", {name: text for name, text in worked.items() if not name.endswith(".json")})
    note("dataset", json.loads(worked[".crunch/dataset.json"]))
    note("project", json.loads(worked[".crunch/project.json"]))
    note("how JSON is written", worked[".crunch/dataset.json"].splitlines()[:3])
    sums = {when: json.loads(worked[f".crunch/{when}_md5_checksums.json"]) for when in ("setup", "upload")}
    note("checksums before", sums["setup"])
    note("files after", sorted(sums["upload"]))
    note("checksums after", {name: sum for name, sum in sums["upload"].items() if not name.startswith(".crunch/")})
    stored = party.stored("s1")
    note("stored", sorted(stored))
    note("as it was made", [stored[name] == worked[name] for name in sorted(worked) if name in stored])


def changed_files(party: Party, note: Noted) -> None:
    slug = party.dataset(party.project("Changing", "#!/bin/sh\necho more >> in.txt"), "c1", {"in.txt": "abc\n"})
    note("failed", bool(party.run(slug, "changing")()))
    stored = {name: text for name, text in party.stored("c1").items() if not name.startswith(".crunch/")}
    note("the file", stored["in.txt"])
    note("files beside it", len(stored) - 1)


def windows_lines(party: Party, note: Noted) -> None:
    slug = party.dataset(party.project("Lines", "#!/bin/sh\r\necho x > x.txt\r\n"), "w1", {"in.txt": "abc\n"})
    note("failed", bool(party.run(slug, "lines")()))
    note("script", party.worked("lines")[".crunch/script.sh"])


def own_script(party: Party, note: Noted) -> None:
    slug = party.dataset(party.project("Own", ""), "o1", {"in.txt": "abc\n"})
    path = party.folder / "own.sh"
    path.write_text("#!/bin/sh\necho own > own.txt\n")
    path.chmod(0o755)
    note("failed", bool(party.run(slug, "own", workflow_path=path)()))
    worked = party.worked("own")
    note("files", [sorted(worked), worked["own.txt"]])


def stages(party: Party, note: Noted) -> None:
    slug = party.dataset(party.project("Stages", WORKFLOW), "t1", {"in.txt": "abc\n"})
    run = party.run(slug, "stages")
    result = party.name("RunResult")
    note("setup", run.setup() is result.SUCCESS)
    note("after setup", sorted(party.worked("stages")))
    note("workflow", run.workflow() is result.SUCCESS)
    note("after the workflow", sorted(party.worked("stages")))
    note("upload", run.upload() is result.SUCCESS)
    note("statuses", party.statuses(slug))
    note("what is true", [bool(result.FAIL), bool(result.SUCCESS)])


def failing(party: Party, note: Noted) -> None:
    def fail(label: str, workflow: str, files: dict[str, str] | None = {"in.txt": "abc\n"}) -> None:  # noqa: B006 - read only
        name = label.replace(" ", "-")
        slug = party.dataset(party.project(label, workflow), name, files)
        outcome: Any
        try:
            outcome = bool(party.run(slug, name)())
        except Exception as error:
            outcome = type(error).__name__
        statuses = party.statuses(slug)
        note(label, {"failed": outcome, "statuses": [status[:2] for status in statuses]})
        note(f"{label}: why", statuses[-1][2])

    fail("a failing script", "#!/bin/sh\necho bad input é >&2\nexit 3")
    note("what it said", party.output("a-failing-script"))
    fail("no shebang", "echo hi\n")
    fail("no such interpreter", "#!/no/such/interpreter\n")
    fail("no workflow", "")
    fail("no folder", WORKFLOW, None)


def relative(party: Party, note: Noted) -> None:
    slug = party.dataset(party.project("Relative", WORKFLOW), "r1", FILES)
    note("failed", bool(party.run(slug, "", folder=Path("relative"))()))
    note("statuses", [status[:2] for status in party.statuses(slug)])
    note("files", sorted(party.worked("relative")))


def again(party: Party, note: Noted) -> None:
    slug = party.dataset(party.project("Again", WORKFLOW), "a1", {"in.txt": "abc\n"})
    note("failed", [bool(party.run(slug, "again")()), bool(party.run(slug, "again")())])
    note("statuses", [status[:2] for status in party.statuses(slug)])
    note("files", sorted(party.worked("again")))
    note("files more than there are names", len(party.stored("a1")) - len({*party.worked("again")}))


def wrong(party: Party, note: Noted) -> None:
    note.outcome("no name", lambda: party.run("", "wrong"))
    note.outcome("not there", lambda: party.run("nope:nope", "wrong"))
    note.outcome("no such settings", lambda: party.run("my-proj:data-set-1", "wrong", kind="nonsense"))


GROUPS = (script, changed_files, windows_lines, own_script, stages, failing, relative, again, wrong)
