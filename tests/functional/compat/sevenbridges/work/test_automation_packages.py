"""A package of an automation from a file on disk: its parts go to a storage, the rest to the platform."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from loopback import Head, LoopbackServer
from omicsdk.compat.sevenbridges import SbgError
from omicsdk.compat.sevenbridges.transfer.upload import CodePackageUpload

ID = "11111111-1111-4111-8111-111111111111"
UPLOAD = "/automation/upload"


class Storage(LoopbackServer):
    """Keeps the parts that are put there, unless it refuses them."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.refuses = False
        self.guard = threading.Lock()
        super().__init__()

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        body = reader.read(int(head.headers.get("content-length", 0)))
        with self.guard:
            self.parts.append(body)
        status = "403 Forbidden" if self.refuses else "200 OK"
        connection.sendall(f'HTTP/1.1 {status}\r\nETag: "tag"\r\nContent-Length: 0\r\n\r\n'.encode())
        return True


@pytest.fixture
def storage() -> Iterator[Storage]:
    server = Storage()
    yield server
    server.close()


@pytest.fixture
def automation(api, platform, storage):
    platform.on(f"POST {UPLOAD}", {"upload_id": "up", "part_size": 32 * 1024 * 1024})
    platform.on(
        f"GET {UPLOAD}/up/part/1", {"method": "PUT", "url": storage.url("part?signature=secret"), "headers": {}}
    )
    platform.on(f"POST {UPLOAD}/up/part/", {})
    platform.on(f"POST {UPLOAD}/up/complete", {"id": "code-1", "name": "code.zip"})
    platform.on(f"DELETE {UPLOAD}/up", {})
    platform.on(f"POST /automation/automations/{ID}/packages", lambda request: {"id": "pk", **request.body})
    return api.automations.of({"id": ID, "name": "n"}, api)


def test_code_is_uploaded_and_made_a_package(automation, platform, storage, tmp_path):
    (tmp_path / "code.zip").write_bytes(b"hello")
    package = automation.add_package("1", tmp_path / "code.zip", {"i": 1}, python="3.8")
    assert (package.id, package.version, package.location) == ("pk", "1", "code-1")
    assert storage.parts == [b"hello"]
    assert platform.sent == {
        "version": "1",
        "location": "code-1",
        "schema": {"i": 1},
        "memory_limit": None,
        "python": "3.8",
    }
    started = platform.requests[0].body
    assert (started["name"], started["size"], started["automation_id"]) == ("code.zip", 5, ID)


def test_what_an_upload_gave_is_a_packages_location(api, automation, platform, tmp_path):
    (tmp_path / "code.zip").write_bytes(b"hello")
    upload = CodePackageUpload(tmp_path / "code.zip", automation, api=api)
    upload.start()
    upload.wait()
    api.automation_packages.create(automation, "1", upload.result(), {"i": 1})
    assert platform.sent["location"] == "code-1"


def test_a_storage_that_refuses_is_an_error_and_no_package(automation, platform, storage, tmp_path):
    storage.refuses = True
    (tmp_path / "code.zip").write_bytes(b"hello")
    with pytest.raises(SbgError) as raised:
        automation.add_package("1", tmp_path / "code.zip", {"i": 1}, retry_count=0)
    assert "secret" not in str(raised.value)
    assert not any(asked.endswith("/packages") for asked in platform.asked)
