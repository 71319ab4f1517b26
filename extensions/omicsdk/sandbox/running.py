"""What exists between a sandbox's start and its stop: the opened state, the services, the server's thread."""

import asyncio
import json
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from omicsdk.core.files.atomic_file import PRIVATE, in_place_of
from omicsdk.sandbox.app import make_app
from omicsdk.sandbox.auth import Tokens
from omicsdk.sandbox.clock import Clock
from omicsdk.sandbox.connection import Connection
from omicsdk.sandbox.crunch.service import crunch_service
from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.document import read_document
from omicsdk.sandbox.dss.service import dss_service
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.fusillade.pages import shared_routes
from omicsdk.sandbox.fusillade.service import fusillade_service
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.gateway import Gateway
from omicsdk.sandbox.host_names import url_of
from omicsdk.sandbox.objects import ObjectStore
from omicsdk.sandbox.pangea.service import pangea_service
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.presigned import ObjectServer, Signer
from omicsdk.sandbox.s3.guard import Guard, Wsgi
from omicsdk.sandbox.s3.sessions import Sessions
from omicsdk.sandbox.sb.seeding import seed
from omicsdk.sandbox.sb.service import sb_service
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.service import Grounds
from omicsdk.sandbox.settings import Settings
from omicsdk.sandbox.staging import CREDENTIALS, Staging
from omicsdk.sandbox.store import Database, FolderInUse, FolderLock, opening
from omicsdk.sandbox.upload.service import upload_service
from omicsdk.sandbox.upload.state import BUCKET, Upload

STAGING_BUCKET = "omics-staging"
_WHERE = "running.json"
_STATE = "state.sqlite"


class Running:
    """A running sandbox.

    Args:
        folder: Where the state lives.
        port: TCP port; 0 picks a free one.
        documents: Service name to OpenAPI document, in place of the generated ones.
        clock: The sandbox's time.
        host: The address that it listens on.
        s3_port: TCP port of the S3 server; 0 picks a free one.
        control: The routes of the pages and of the control API.
        wire: Puts what stands between the socket and the services around them.
        s3_wire: The same for the S3 server.
        lasting: Whether the folder stays when the sandbox has stopped.

    Attributes:
        port: The port that it listens on.
        url: Where programs on this machine find it.
        grounds: What the services stand on.
        dss: The Data Store.
        fusillade: The authorisation service.
        upload: The Upload service.
        sb: The Seven Bridges Platform.
        gen3: The Gen3 data commons.
        crunch: The django-crunch site.
        pangea: Pangea.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        documents: Mapping[str, Mapping[str, Any]],
        *,
        clock: Clock,
        host: str,
        s3_port: int,
        control: Sequence[BaseRoute],
        wire: Callable[[ASGIApp], ASGIApp],
        s3_wire: Callable[[Wsgi], Wsgi],
        lasting: bool,
    ) -> None:
        self._s3_wire = s3_wire
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closers: list[Callable[[], object]] = []
        try:
            with opening(folder / _STATE):  # each part makes tables of its own
                self._open(folder, port, clock, host=host, s3_port=s3_port, lasting=lasting)
            self._serve(documents, control, wire)
        except BaseException:
            self._close()
            raise

    def _open(self, folder: Path, port: int, clock: Clock, *, host: str, s3_port: int, lasting: bool) -> None:
        self._closers.append(FolderLock(folder).release)
        # Before anything else is done, so that a taken port leaves nothing behind.
        self.socket = socket.create_server((host, port), backlog=1024, reuse_port=False)
        self._closers.append(self.socket.close)
        self.port: int = self.socket.getsockname()[1]
        self.url = url_of(host, self.port)
        where = {"url": self.url, "pid": os.getpid()}
        (folder / _WHERE).write_text(json.dumps(where), encoding="utf-8")
        self._database = Database(folder / _STATE)
        self._closers.append(self._database.close)
        sessions = Sessions(self._database, clock.now)
        staging = Staging(
            (STAGING_BUCKET, BUCKET),
            lambda app: self._guard(app, sessions),
            self._before_read,
            self._refill,
            where=(host, s3_port),
        )
        self._closers.append(staging.stop)
        self.grounds = Grounds(
            database=self._database,
            objects=ObjectStore(folder / "objects", self._database),
            clock=clock,
            settings=Settings(self._database),
            signer=Signer(_key(folder), clock.now),
            staging=staging,
            tokens=Tokens(self._database, clock.now),
        )
        self._keep_time()
        self.dss = Dss(self.grounds)
        self._closers.append(self.dss.close)
        self.fusillade = Fusillade(self.grounds, folder)
        self.upload = Upload(self.grounds, sessions)
        self.sb = Sb(self.grounds)
        seed(self.sb)
        self.gen3 = Gen3(self.grounds, folder)
        self.crunch = Crunch(self.grounds, folder)
        self.pangea = Pangea(self.grounds)
        self._closers.append(self.pangea.storage.close)
        if lasting:
            self._closers.append(self.upload.settle_all)

    def _guard(self, app: Wsgi, sessions: Sessions) -> Wsgi:
        """Closes the bucket of upload areas to all but the credentials that the Upload service gave."""
        guard = Guard(
            app,
            sessions,
            CREDENTIALS["AWS_ACCESS_KEY_ID"],
            (BUCKET,),
            may_write=self.upload.may_write,
            before_read=self.upload.settle,
        )
        return self._s3_wire(guard)

    # The S3 server starts when somebody asks for it, and the Upload service is there by then.

    def _before_read(self, bucket: str, key: str) -> None:
        self.upload.settle(bucket, key)

    def _refill(self) -> None:
        self.upload.refill()

    def _serve(
        self,
        documents: Mapping[str, Mapping[str, Any]],
        control: Sequence[BaseRoute],
        wire: Callable[[ASGIApp], ASGIApp],
    ) -> None:
        def document(service: str) -> Mapping[str, Any]:
            return documents.get(service) or read_document(service)

        services = [
            dss_service(self.dss, document("dss")),
            fusillade_service(self.fusillade, document("fusillade")),
            upload_service(self.upload, document("upload")),
            sb_service(self.sb, document("sb")),
            *self.gen3.services(document),
            crunch_service(self.crunch, document("crunch")),
            pangea_service(self.pangea, document("pangea")),
        ]
        objects = Mount("/_objects", app=ObjectServer(self.grounds.objects, self.grounds.signer))
        storage = Mount("/sb/_storage", app=self.sb.work.storage)
        other = [objects, storage, *control, *shared_routes(), *self.gen3.routes()]
        app = Gateway(make_app(services, self.grounds.tokens, other))
        config = uvicorn.Config(
            wire(app),
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="omics-sandbox", daemon=True)
        self._started = threading.Event()
        self._failure: BaseException | None = None

    def _keep_time(self) -> None:
        """Moved time survives a restart, or versions and expiry times would lie in the future."""
        database, clock = self._database, self.grounds.clock
        database.define(clock="id INTEGER PRIMARY KEY, state TEXT NOT NULL")
        if row := database.row("SELECT state FROM clock"):
            clock.restore(json.loads(row["state"]))

        def keep() -> None:
            database.execute("REPLACE INTO clock VALUES (1, ?)", (json.dumps(clock.state()),))

        self._closers.append(clock.on_change(keep))

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._report_start(self._loop)
            await self._server.serve(sockets=[self.socket])

        try:
            asyncio.run(serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._started.set()

    def _report_start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._server.started:
            self._started.set()
        else:
            loop.call_later(0.001, self._report_start, loop)

    def begin(self) -> None:
        """Starts serving and returns when the server answers.

        Raises:
            RuntimeError: It doesn't start; its cause says why.
        """
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._close()
            raise RuntimeError("the sandbox's server didn't start") from self._failure

    def in_loop(self, function: Callable[[], None]) -> None:
        """Runs a function in the server's event loop and waits for it."""
        done = threading.Event()

        def run() -> None:
            function()
            done.set()

        assert self._loop is not None
        self._loop.call_soon_threadsafe(run)
        done.wait(10)

    def clear(self) -> None:
        """Empties all services."""
        with self._database.transaction():
            self._database.clear()
        self.dss.clear()
        self.fusillade.clear()
        self.grounds.objects.clear()
        self.grounds.staging.reset()
        self.sb.clear()
        seed(self.sb)
        self.gen3.clear()
        self.crunch.clear()
        self.pangea.clear()

    def end(self) -> None:
        """Stops serving, once the answers that are under way were given two seconds to end, and closes the state."""
        self._server.should_exit = True
        self._thread.join()
        self._close()

    def _close(self) -> None:
        while self._closers:
            self._closers.pop()()


def _key(folder: Path) -> bytes:
    """The key that signs URLs. It isn't reset, so a client that holds an old URL is told 404 and not 403."""
    path = folder / "signing.key"
    if not path.exists():
        with in_place_of(path, mode=PRIVATE) as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


def running_url(folder: Path | str) -> str | None:
    """Where the sandbox of a folder answers, for other processes.

    Args:
        folder: The sandbox's folder.

    Returns:
        Its URL; None when none is running there.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return None
    try:
        FolderLock(folder).release()
    except FolderInUse:
        return json.loads((folder / _WHERE).read_text(encoding="utf-8"))["url"]
    return None
