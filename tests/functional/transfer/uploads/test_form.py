"""A file goes to a presigned form: by POST, as the form's last part."""

import itertools
from collections.abc import Mapping
from email import message_from_bytes, policy
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import Forbidden, SourceChanged, TooManyRedirects
from omicsdk.core.checksums import digest
from omicsdk.transfer import Form, PutTo, Source, Upload, upload
from omicsdk.transfer.uploads.job import SourceFile
from omicsdk.transfer.uploads.sending import FileBody, form_around
from omicsdk.transfer.uploads.store import Cut

FIELDS = {"key": "pangea/v1/Lib/samples/é 1/a.txt", "policy": "canary==", "signature": "S+/="}


def parts_of(content_type: str, body: bytes) -> list[tuple[str | None, str | None, bytes]]:
    """Name, file name and bytes of each part of a form, read by the standard library."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=policy.HTTP)
    assert message.is_multipart()
    return [
        (part.get_param("name", header="content-disposition"), part.get_filename(), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]


def sent(sink: Any, number: int = -1) -> list[tuple[str | None, str | None, bytes]]:
    request = sink.requests[number]
    assert request.method == "POST"
    return parts_of(request.headers["content-type"], sink.stored[request.path])


def to(sink: Any, name: str = "bkt", **form: Any) -> PutTo:
    return PutTo(Form(sink.url(name), fields=FIELDS, **form))


@pytest.mark.parametrize("size", [0, 1, 10_500, 3_000_000])
def test_the_fields_come_first_and_the_file_last(sink: Any, tmp_path: Path, send: Any, noise: Any, size: int):
    path = tmp_path / "file"
    path.write_bytes(noise(size))
    report = send(path, to(sink, file_name="a.txt"), checksums=["sha256"])
    report.raise_if_failed()
    got = sent(sink)
    assert [(name, text.decode()) for name, _, text in got[:-1]] == list(FIELDS.items())
    assert got[-1] == ("file", "a.txt", noise(size))
    assert report.outcomes[0].checksums == {"sha256": digest(noise(size), "sha256")}
    assert report.outcomes[0].bytes_fetched == size


@given(st.lists(st.integers(1, 700), min_size=1), st.integers(0, 5000), st.integers(0, 900))
def test_a_form_is_the_same_however_it_is_read(sizes: list[int], back: int, length: int):
    """libcurl takes what it has room for, and goes back when a kept connection was closed under it."""
    with NamedTemporaryFile() as file:
        file.write(bytes(n % 251 for n in range(1000)))
        file.flush()
        source = SourceFile(file.name, "x")
        content_type, *around = form_around(Form("http://h/b", fields=FIELDS))
        body = FileBody(source, Cut(1, 50, length), *around)
        whole = read(body, [1 << 20])
        assert len(whole) == body.length
        back %= body.length + 1
        body.seek(back)
        assert read(body, sizes) == whole[back:]
        source.close()
    assert parts_of(content_type, whole)[-1][2] == bytes(n % 251 for n in range(50, 50 + length))


def read(body: FileBody, sizes: list[int]) -> bytes:
    content = b""
    for size in itertools.cycle(sizes):
        piece = body.read(size)
        assert isinstance(piece, bytes)
        assert len(piece) <= size
        if not piece:
            return content
        content += piece
    raise AssertionError


def test_a_name_with_quotes_and_line_ends_stays_one_name(sink: Any, file: Path, send: Any):
    send(file, to(sink, file_name='a"b\r\nX: y.txt')).raise_if_failed()
    assert sent(sink)[-1][1] == "a%22b%0D%0AX: y.txt"


def test_an_etag_that_is_another_md5_fails_the_file(sink: Any, file: Path, send: Any, reply: Any):
    wrong = {"ETag": '"' + "0" * 32 + '"'}
    sink.fault("bkt", *[lambda _: reply(204, wrong)] * 2)
    report = send(file, to(sink), checksums=["md5"])
    assert report.counts["failed"] == 1
    assert len(sink.requests) == 2


def test_a_refused_form_fails_and_nothing_of_it_is_reported(sink: Any, file: Path, send: Any, reply: Any):
    sink.always = lambda _: reply(403, body=b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
    (outcome,) = send(file, to(sink)).outcomes
    assert isinstance(outcome.error, Forbidden)
    assert outcome.error.method == "POST"
    assert "canary" not in f"{outcome.error} {outcome.error!r} {Form(sink.url('a', 'sig=canary'), fields=FIELDS)!r}"


def test_a_form_that_has_ended_is_requested_again(sink: Any, file: Path, send: Any, reply: Any):
    sources: list[Source] = []

    def locate(source: Source) -> Form:
        sources.append(source)
        return Form(sink.url("bkt"), fields={**FIELDS, "n": str(len(sources))})

    sink.fault("bkt", lambda _: reply(403, body=b"<Error><Code>ExpiredToken</Code></Error>"))
    send(file, PutTo(locate)).raise_if_failed()
    assert len(sources) == 2
    assert ("n", None, b"2") in sent(sink)


def test_a_cut_connection_has_the_whole_form_sent_again(sink: Any, file: Path, send: Any, reply: Any):
    sink.fault("bkt", lambda _: reply(reset=True, read=3000))
    report = send(file, to(sink))
    report.raise_if_failed()
    assert sent(sink)[-1][2] == file.read_bytes()
    assert report.outcomes[0].retries == 1


def test_a_redirect_is_followed_with_the_form(sink: Any, file: Path, send: Any, reply: Any):
    sink.fault("bkt", lambda _: reply(307, {"Location": sink.url("there")}))
    send(file, to(sink)).raise_if_failed()
    assert sent(sink)[0] == ("key", None, FIELDS["key"].encode())
    sink.always = lambda _: reply(307, {"Location": sink.url("bkt")})
    (outcome,) = send(file, to(sink)).outcomes
    assert isinstance(outcome.error, TooManyRedirects)


def test_a_file_that_changes_while_it_goes_fails(sink: Any, file: Path, send: Any, reply: Any):
    def change(_: Mapping[str, str]) -> None:
        with file.open("ab") as more:
            more.write(b"more")

    sink.always = change
    (outcome,) = send(file, to(sink)).outcomes
    assert isinstance(outcome.error, SourceChanged)


def test_objects_that_one_form_takes_under_several_keys_are_several(
    sink: Any, file: Path, send: Any, tmp_path: Path, clock: Any
):
    def under(key: str) -> PutTo:
        return PutTo(Form(sink.url("bkt"), fields={"key": key}, file_name="reads.bin"))

    assert send(file, under("a"), journal=tmp_path / "journal").ok
    both = [Upload(file, under("b")), Upload(file, under("c/${filename}"))]
    assert upload(both, journal=tmp_path / "journal", clock=clock).counts["done"] == 2
    again = upload([Upload(file, under("a")), *both], journal=tmp_path / "journal", clock=clock)
    assert again.counts["skipped"] == 3
