"""`omics sandbox`: a local server of every service, what is in it, and its state as a file."""

from __future__ import annotations

import os
import re
import shlex
import sys
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.commands.values import check_unused
from omicsdk.core.errors import ConfigError, MissingExtra, OmicsError, SomeFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from omicsdk.cli.output import Console
    from omicsdk.sandbox import Sandbox
    from omicsdk.sandbox.engine import Explanation

# Shell lines that point other programs at the sandbox, in its folder; they hold a token.
ENVIRONMENT = "environment.sh"

# One of them: the sandbox's own address.
URL_VARIABLE = "OMICS_SANDBOX_URL"

_USE_ADDRESS = "Use an address of this machine with --host."

# Time that a sandbox may take to write a snapshot before it sends it; all contents may have to be copied.
_SNAPSHOT_SECONDS = 3600.0


def up(
    *,
    port: int = 0,
    dir: str = "omics-sandbox",
    spec: Sequence[str] = (),
    name: Sequence[str] = (),
    faults: str | None = None,
    host: str = "127.0.0.1",
    s3_port: int = 0,
    allow_host: Sequence[str] = (),
    run_tools: bool = False,
    strict_errors: Literal["helpful", "real"] = "helpful",
    console: Console,
) -> None:
    """Start the server; Ctrl-C ends it.

    State is kept in the folder for the next start. Environment variables that point other programs to the server are
    printed as shell lines, and written into the folder. The server's page has its settings, such as those that make it
    respond as particular servers of htsget, refget and TRS do. Needs the extra `sandbox`.

    Args:
        port: TCP port; 0 picks a free one.
        dir: Folder that keeps the state; created if it does not exist.
        spec: OpenAPI document to serve beside the platforms, at /apis/NAME, with state; may be given several times.
        name: Name of the document, as of `omics codegen --name`; the first is that of the first --spec. The variables that the
            document's package reads begin with it. Default: the document's title, as for the package.
        faults: YAML or JSON file of faults that the server injects.
        host: Address to listen on. With an external address, such as 0.0.0.0 in a container, any client that reaches
            this machine controls the sandbox.
        s3_port: TCP port of the S3 server; 0 picks a free one.
        allow_host: Accept requests for this host name besides localhost, such as that of a container or proxy;
            .example.org allows all names below it. Other names are refused.
        run_tools: Let cwltool run the tools of Seven Bridges' tasks, with your rights. Without it outputs are placeholders.
        strict_errors: Response to requests on which the real servers fail with 500: the appropriate client error, or
            that 500.
        console: Where the address is printed.
    """
    from omicsdk.core.files import write_private

    def ready(sandbox: Sandbox) -> None:
        from omicsdk.sandbox.environment import shell_lines

        lines = shell_lines(sandbox.environment())
        write_private(sandbox.folder / ENVIRONMENT, lines)
        console.message(f"sandbox at {sandbox.url}, state in {sandbox.folder}; Ctrl-C ends it")
        console.message(f"in a browser: {sandbox.url}/")
        console.message(f"in another shell: . {shlex.quote(str(sandbox.folder / ENVIRONMENT))}")
        for engine in sandbox.engines:
            served = engine.variables(sandbox.spec_url(engine.name), sandbox.token())
            console.message(f"{engine.title}: {sandbox.spec_url(engine.name)}, in {', '.join(served)}")
        sys.stdout.write(lines)
        sys.stdout.flush()

    with _failures("the sandbox cannot start"):
        from omicsdk.sandbox import Sandbox, serve
        from omicsdk.sandbox.engine.engine import paired
        from omicsdk.sandbox.traffic.server_thread import is_loopback

        if not is_loopback(host):
            console.message(f"warning: on {host} any user who reaches this machine controls the sandbox")
        sandbox = Sandbox(
            Path(dir),
            port,
            faults or (),
            host=host,
            s3_port=s3_port,
            allow_hosts=allow_host,
            run_tools=run_tools,
            strict_errors=strict_errors,
            specs=paired(spec, name),
        )
        serve(sandbox, ready)


def explain(spec: str, *, operation: str | None = None) -> list[dict[str, Any]]:
    """Show how the sandbox answers the operations of a document or platform, and why.

    From state: objects are stored, listed, changed and deleted. By example: the response is the document's example, or one
    made from its schema. By a handler: the platform's own function responds. Needs the extra `sandbox`.

    Args:
        spec: OpenAPI document, or a platform such as dss or gen3/indexd.
        operation: Show this operation only: its operationId, or text in its path.
    """
    from dataclasses import asdict

    with _failures(f"cannot explain {spec}", "Check the document with `omics codegen`."):
        rows = [asdict(explanation) for explanation in _explanations(spec)]
    if operation is None:
        return rows
    chosen = [row for row in rows if row["operation"] == operation] or [row for row in rows if operation in row["path"]]
    if not chosen:
        raise UsageError(f"{spec} has no operation {operation}")
    return chosen


def _explanations(spec: str) -> Sequence[Explanation]:
    from omicsdk.sandbox import Sandbox
    from omicsdk.sandbox.engine.engine import engines_of, paired

    # A folder may have a platform's name, as those that were added to it have.
    if Path(spec).suffix or (Path(spec).exists() and not Path(spec).is_dir()):
        [engine] = engines_of(paired([spec], []))
        return engine.explain()
    with Sandbox() as sandbox:
        services = sandbox.explain()
    for name in (spec, spec.removeprefix("gen3/")):
        if name in services:
            return services[name]
    raise UsageError(f"{spec} is neither a file nor a platform: {', '.join(sorted(services))}")


def seed(
    folder: Sequence[str] = (),
    *,
    service: str | None = None,
    exchanges: str | None = None,
    url: str | None = None,
    dir: str | None = None,
    console: Console,
) -> Any:
    """Add folders, or recorded responses of other servers, to a sandbox.

    Each folder becomes a bundle of dss, whose files with names in .json are its metadata, and which azul indexes; an area of upload; a project of sb;
    records of the index of gen3; a project of crunch whose folders are datasets; a library of pangea whose folders are samples;
    data sets of htsget; sequences of refget; a tool of trs; files of gdc, of which those below a folder named controlled need a token; a study of
    ena whose folders are runs, with their FASTQ files and others that were submitted; a record of zenodo. Of a served document the
    file pets.json has objects of /pets.

    Args:
        folder: Folders of files.
        service: Platform that the folders are added to, or name of a document that a running sandbox serves; by default dss, if it
            serves no document.
        exchanges: Recorded requests and responses, one JSON object a line.
        url: URL of a running sandbox, such as http://127.0.0.1:8080 (default: OMICS_SANDBOX_URL).
        dir: The folder of a sandbox that is not running.
        console: Where the folders that were added are listed when others failed.
    """
    if bool(folder) == bool(exchanges):
        raise UsageError(
            "expected either folders or --exchanges", remedy="Name folders, or a recording with --exchanges."
        )
    if exchanges is not None:
        check_unused("with --exchanges", service=service)
    running, stopped = _chosen(url, dir)
    chosen = {} if service is None else {"service": service}
    sources: list[dict[str, Any]] = [{"folder": str(Path(path).absolute()), **chosen} for path in folder]
    if wrong := next((source["folder"] for source in sources if not Path(source["folder"]).is_dir()), None):
        raise UsageError(f"{wrong} is not a folder")
    if exchanges is not None:
        if not Path(exchanges).is_file():
            raise UsageError(f"--exchanges: {exchanges} is not a file")
        sources = [{"exchanges": str(Path(exchanges).absolute())}]
    with _failures("nothing is added"):
        if stopped is None:
            # The server reads folders itself: it runs on this machine.
            added = _added(partial(_control, running, "POST", "/seed"), sources, console)
        else:
            from omicsdk.sandbox import Sandbox
            from omicsdk.sandbox.control import seeded

            with Sandbox(stopped) as sandbox:
                added = _added(partial(seeded, sandbox), sources, console)
    return added if exchanges is None else added[0]


def _added(add: Callable[[dict[str, Any]], Any], sources: Sequence[dict[str, Any]], console: Console) -> list[Any]:
    added: list[Any] = []
    errors: list[OmicsError] = []
    for item in sources:
        try:
            added.append(add(item))
        except ValueError as error:
            errors.append(UsageError(f"{item['folder']}: {error}" if "folder" in item else str(error)))
        except OmicsError as error:
            errors.append(error)
    if errors and len(sources) == 1:
        raise errors[0]
    if errors:
        for item in added:
            console.message(f"made {' '.join(map(str, next(iter(item.items()))))}")
        remedy = "Run it again with these folders only."
        raise SomeFailed(f"{len(errors)} of {len(sources)} folders not added", errors, others=len(added), remedy=remedy)
    return added


def save(file: str, *, url: str | None = None, dir: str | None = None) -> dict[str, Any]:
    """Write a sandbox's whole state into one file.

    Saves a running sandbox, while requests continue, or a folder. Objects on the S3 server only (staging buckets,
    volumes, Pangea's uploads) are not saved; they end with the server. The file contains keys that sign tokens, so only
    its owner can read it.

    Args:
        file: The file with the state.
    """
    running, stopped = _chosen(url, dir)
    target = Path(file).absolute()
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent} is not a folder")
    if stopped is None:
        return {"file": str(target), "bytes": _snapshot(running, target)}
    with _failures("the state is not saved", "Use the folder of a sandbox with --dir."):
        from omicsdk.sandbox.state.snapshots import save_folder

        return {"file": str(target), **save_folder(stopped, target)}


def _snapshot(url: str, target: Path) -> int:
    """Write a running sandbox's state into a private file, atomically.

    Returns:
        Its bytes.
    """
    from omicsdk.core.files import PRIVATE, in_place_of
    from omicsdk.core.request import OperationFacts, request
    from omicsdk.core.sending.transport import Transport
    from omicsdk.transfer.disk import Growth

    facts = OperationFacts(name="snapshot", method="GET", path="/_sandbox/snapshot")
    with closing(Transport(url, timeout=_SNAPSHOT_SECONDS)) as transport:
        response = transport.send(request(facts, facts.path), stream=True)
        with closing(response), in_place_of(target, mode=PRIVATE) as file:
            growth = Growth(str(target))
            for block in response.iter_bytes():
                growth.expect(len(block))
                file.write(block)
            return file.tell()


def load(file: str, *, dir: str = "omics-sandbox", replace: bool = False, console: Console) -> dict[str, Any]:
    """Create a sandbox's folder from a file of `omics sandbox save`.

    The author of the file knows the keys and tokens in it.

    Args:
        file: The file with the state.
        dir: New or empty folder that no running sandbox uses. Start a sandbox on it afterwards.
        replace: Delete the state that is in the folder.
        console: Where the next step is printed.
    """
    with _failures("the state is not loaded", "Use a file of `omics sandbox save`, and an empty folder, or --replace."):
        from omicsdk.sandbox import load_snapshot

        about = load_snapshot(Path(file), Path(dir), replace=replace)
    console.message(f"to start it: omics sandbox up --dir {shlex.quote(dir)}")
    return {"folder": str(Path(dir).absolute()), **about}


def reset(*, url: str | None = None, dir: str | None = None, console: Console) -> dict[str, Any]:
    """Reset a sandbox: remove contents, faults, added accounts and the clock shift.

    Resets a running sandbox or a folder, including a folder that another release wrote. Secrets that derive from the
    folder's key are kept.

    Args:
        dir: Folder that no running sandbox uses. Other files in it are kept.
        console: Where the next step is printed.
    """
    running, stopped = _chosen(url, dir)
    if stopped is None:
        _control(running, "POST", "/reset")
        return {"url": running}
    with _failures("the folder is not emptied", "Use the folder of a sandbox with --dir."):
        from omicsdk.sandbox.state.folder import empty

        empty(stopped)
    console.message(f"to start it: omics sandbox up --dir {shlex.quote(str(stopped))}")
    return {"folder": str(stopped.absolute())}


def status(*, url: str | None = None, dir: str | None = None) -> dict[str, Any]:
    """Show whether a sandbox runs, and what it contains.

    Args:
        dir: The sandbox's folder, whether it is running or not.
    """
    address, folder = _chosen(url, dir)
    with _failures("the state cannot be read", "Use the folder of a sandbox with --dir."):
        if folder is not None:
            from omicsdk.sandbox import running_url
            from omicsdk.sandbox.contents import counted_in

            active_url = running_url(folder)
            if active_url is None:
                return {"running": False, "folder": str(folder.absolute()), "contents": counted_in(folder)}
            address = active_url
        about = _control(address, "GET", "/")
        return {
            "running": True,
            **{name: about[name] for name in ("url", "folder", "version", "clock")},
            "faults": len(_control(address, "GET", "/faults")["faults"]),
            "contents": _control(address, "GET", "/contents"),
        }


def _chosen(url: str | None, dir: str | None) -> tuple[str, Path | None]:
    """The sandbox that a command names: the address of a running one, or a folder."""
    address = (url or ("" if dir else os.environ.get(URL_VARIABLE, ""))).rstrip("/")
    if bool(address) == bool(dir):
        raise UsageError(
            "give --url of a running sandbox or --dir of one that is not running",
            remedy=f"Or set the variables that `omics sandbox up` prints: {URL_VARIABLE} is one of them.",
        )
    if dir and not Path(dir).is_dir():
        raise UsageError(f"--dir: folder not found: {dir}")
    return address, Path(dir) if dir else None


def _control(url: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The response of a running sandbox's control interface."""
    from omicsdk.core.bodies import json_body
    from omicsdk.core.request import NO_BODY, OperationFacts, request
    from omicsdk.core.sending.transport import Transport

    facts = OperationFacts(name=path.strip("/"), method=method, path=f"/_sandbox{path}")
    with closing(Transport(url)) as transport:
        sent = request(facts, facts.path, body=NO_BODY if body is None else json_body(body))
        return transport.send(sent).json()


@contextmanager
def _failures(what: str, remedy: str = "") -> Generator[None]:
    """Report errors of a server, its folder and its files as errors of the command line.

    Args:
        what: What is not done.
        remedy: What to do about a file or folder that is not a sandbox's.
    """
    import errno
    from socket import gaierror

    try:
        yield
    except ModuleNotFoundError as error:
        # A missing module of omicsdk itself is its own fault, which no extra repairs.
        if (error.name or "").startswith("omicsdk"):
            raise
        raise MissingExtra("sandbox", "omics sandbox", module=error.name) from error
    except OSError as error:
        remedies = {
            errno.EADDRINUSE: "Choose another port with --port or --s3-port.",
            errno.EADDRNOTAVAIL: _USE_ADDRESS,
        }
        # The message of the event loop names the address by its own words and the system's.
        port = re.search(r", (\d+)[,)]", str(error))
        in_use = f"port{f' {port[1]}' if port else ''} is in use" if error.errno == errno.EADDRINUSE else ""
        why = f"{error.filename}: {error.strerror}" if error.filename else in_use or error.strerror or str(error)
        of_path = "Check that path, or choose another folder with --dir."
        otherwise = _USE_ADDRESS if isinstance(error, gaierror) else of_path
        raise ConfigError(f"{what}: {why}", remedy=remedies.get(error.errno or 0, otherwise)) from error
    except OmicsError:
        raise
    except ValueError as error:  # of the file of faults, of a recording, or of the folder
        raise ConfigError(f"{what}: {error}", remedy=remedy) from error
