"""A process that transfers when it is requested: what it imports and connects to once is not measured again.

Each line of its input is a task as a JSON object, each line of its output what the task took; it ends with its input. The
first field, "do", names the task. Runs under our environment, and that of boto3.
"""

import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

_PAGE = os.sysconf("SC_PAGE_SIZE")


def download(
    plan: str,
    folder: str,
    checksum: str | None,
    api: str | None,
    certificate: str | None,
    options: dict[str, Any],
    threads: int | None = None,
) -> Callable[[], None]:
    """Fetches the files of a plan by omicsdk.

    Args:
        plan: A file of rows: name, URL, size, SHA-256, CRC32C.
        folder: The target.
        checksum: Which of the checksums is stated; None for none.
        api: Where to ask for the files' URLs: as the Data Store's package does it, or by calls of its client where options
            say how many at once (`locators`); None when the plan's are asked.
        certificate: A certificate to trust.
        options: More arguments of `omicsdk.transfer.download`.
        threads: How many threads move bytes at most; None for as many as usual.
    """
    from omicsdk.transfer import Item, Location, download
    from omicsdk.transfer.engine import engine

    usual = engine.THREADS

    find = finder(api, by_calls="locators" in options) if api else None

    def items() -> Iterator[Item]:
        with Path(plan).open() as rows:
            for row in rows:
                name, url, size, sha256, crc32c = row.rstrip("\n").split("\t")
                checksums = {checksum: sha256 if checksum == "sha256" else crc32c} if checksum else {}
                place, renew = (Location(url), None) if find is None else find(name, url, int(size), sha256)
                yield Item(name, place, int(size), checksums, renew=renew)

    environ = {"SSL_CERT_FILE": certificate} if certificate else {}

    def transfer() -> None:
        engine.THREADS = threads or usual
        download(items(), folder, environ=environ, **options).raise_if_failed()
        engine.THREADS = usual

    return transfer


def finder(api: str, *, by_calls: bool) -> Callable[[str, str, int, str], tuple[Any, Any]]:
    """Gives an item's `locate` and `renew` for a row of a plan."""
    from omicsdk.hca.dss.files import DSSFile, Locator
    from omicsdk_api.dss import DssApi

    locator = Locator(DssApi(base_url=api), has_answered=True)

    def find(name: str, url: str, size: int, sha256: str) -> tuple[Any, Any]:
        file = DSSFile(name, url.rpartition("/")[2], "", sha256, size, False, "aws")
        return (partial(locator.locate, file), None) if by_calls else locator.locators_of(file)

    return find


def receive(rows: list[list[str]], folder: str, certificate: str | None) -> Callable[[], None]:
    """Fetches files one after the other by one handle of libcurl, with no more than what every download of ours does to bytes.

    That is to take them from libcurl, to compute their CRC32C, and to write them 128 KiB at a time.

    Args:
        rows: Name and URL of each file.
        folder: The target.
        certificate: A certificate to trust.
    """
    import pycurl
    from omicsdk.core.checksums import crc32c_extend
    from omicsdk.transfer.downloads.receiving import BATCH
    from omicsdk.transfer.network.wire import RECEIVE_BUFFER

    extend = crc32c_extend()

    def fetch(handle: Any, url: str, path: str) -> None:
        chunks, crc, waiting, position = list[bytes](), 0, 0, 0
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)

        def flush() -> None:
            nonlocal crc, waiting, position
            for chunk in chunks:
                crc = extend(crc, chunk)
            position += os.pwritev(descriptor, chunks, position)
            chunks.clear()
            waiting = 0

        def take(chunk: bytes) -> None:
            nonlocal waiting
            chunks.append(chunk)
            waiting += len(chunk)
            if waiting >= BATCH:
                flush()

        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.WRITEFUNCTION, take)
        handle.perform()
        flush()
        os.close(descriptor)

    def fetch_all() -> None:
        handle: Any = pycurl.Curl()
        handle.setopt(pycurl.BUFFERSIZE, RECEIVE_BUFFER)
        if certificate is not None:
            handle.setopt(pycurl.CAINFO, certificate)
        for name, url in rows:
            fetch(handle, url, str(Path(folder, name)))
        handle.close()

    return fetch_all


def upload(source: str, server: str, checksum: Any, journal: str | None = None) -> Callable[[], None]:
    """Uploads a file to S3 by omicsdk.

    Args:
        source: The file.
        server: What answers as S3.
        checksum: Which one is sent along.
        journal: Where it is recorded how far it is; None for nowhere.
    """
    from omicsdk.transfer import Upload, upload
    from omicsdk.transfer.s3.boto import S3Object

    client = s3_client(server)

    def transfer() -> None:
        upload(
            [Upload(source, S3Object(client, "bucket", "key", checksum=checksum))], journal=journal
        ).raise_if_failed()

    return transfer


def boto3_upload(source: str, server: str, checksum: str, payload: bool) -> Callable[[], None]:
    """Uploads a file to S3 by boto3's upload_file with its default TransferConfig.

    Args:
        source: The file.
        server: What answers as S3.
        checksum: Which one is sent along.
        payload: Whether the signature covers the bytes, as it does by default over http and does not over https.
    """
    client = s3_client(server, None if payload else {"payload_signing_enabled": False})

    def transfer() -> None:
        client.upload_file(source, "bucket", "key", ExtraArgs={"ChecksumAlgorithm": checksum.upper()})

    return transfer


def s3_client(server: str, options: dict[str, Any] | None = None) -> Any:
    """A client of a server that answers as S3, with keys that it does not look at."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=server,
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(s3=options),
    )


def nothing() -> Callable[[], None]:
    """Does nothing: what a process without a task measures."""
    return lambda: None


TASKS: dict[str, Callable[..., Callable[[], None]]] = {
    "download": download,
    "receive": receive,
    "upload": upload,
    "boto3_upload": boto3_upload,
    "nothing": nothing,
}


def spent(action: Callable[[], None]) -> dict[str, float]:
    """Wall and CPU seconds of an action, and how far memory rose above what was in use before it, in MiB."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # makes the highest so far the present
    resident = _status("VmRSS")
    used, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    action()
    wall, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall": wall,
        "cpu": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime,
        "rose": (_status("VmHWM") - resident) / 1024,
    }


def _status(field: str) -> int:
    with Path("/proc/self/status").open() as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(field))


def serve(tasks: Mapping[str, Callable[..., Callable[[], None]]]) -> None:
    """Does tasks until its input ends.

    Args:
        tasks: Name to what gets the task's fields, prepares it and gives what is measured.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is its parent's matter
    responses = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing that is printed on the way is treated as a response
    prepared: dict[str, Callable[[], None]] = {}
    for line in sys.stdin:
        task = json.loads(line)
        try:
            if line not in prepared:
                prepared[line] = tasks[task.pop("do")](**task)
            response = spent(prepared[line])
        except Exception as error:
            response = {"error": f"{type(error).__name__}: {error}"}
        responses.write(json.dumps(response) + "\n")
        responses.flush()
    responses.close()


if __name__ == "__main__":
    serve(TASKS)
