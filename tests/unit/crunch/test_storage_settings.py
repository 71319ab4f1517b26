"""Storages come from a Django site's own settings, without Django."""

import io
import json
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import ConfigError, MissingExtra, UsageError
from omicsdk.crunch.storage import open_storage
from omicsdk.crunch.storage.folder import FILE_MODE, FolderStorage
from omicsdk.crunch.storage.fsspec import FsspecStorage
from omicsdk.crunch.storage.s3 import EXPIRES, S3Storage

AWS = {
    "AWS_STORAGE_BUCKET_NAME": "reads",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_S3_ENDPOINT_URL": "http://127.0.0.1:1",
}


S3 = {"DEFAULT_FILE_STORAGE": "storages.backends.s3.S3Storage", "AWS_STORAGE_BUCKET_NAME": "reads"}
FIRST_KEYS = {"AWS_S3_ACCESS_KEY_ID": "a", "AWS_S3_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
OTHER_KEYS = {"AWS_ACCESS_KEY_ID": "b", "AWS_SECRET_ACCESS_KEY": "c", "AWS_SECURITY_TOKEN": "d"}


def keys(*values: str) -> dict[str, str]:
    return dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), values, strict=True))


@pytest.mark.parametrize(
    ("settings", "options", "expected"),
    [
        (FIRST_KEYS | OTHER_KEYS, {}, keys("a", "s", "t")),
        (OTHER_KEYS, {}, keys("b", "c", "d")),
        (FIRST_KEYS, {"access_key": "x", "secret_key": "y", "security_token": "z"}, keys("x", "y", "z")),
        ({"AWS_S3_SESSION_PROFILE": "p", "AWS_S3_REGION_NAME": "r"}, {}, {"profile": "p", "region": "r"}),
        ({"AWS_S3_ENDPOINT_URL": "http://e"}, {}, {"endpoint_url": "http://e", "use_ssl": True, "verify": None}),
        ({"AWS_S3_USE_SSL": False, "AWS_S3_VERIFY": False}, {}, {"use_ssl": False, "verify": False}),
        ({}, {"use_ssl": False, "verify": "/ca.pem"}, {"use_ssl": False, "verify": "/ca.pem"}),
        ({}, {}, {"config": {"s3": None, "signature_version": None, "proxies": None}}),
        (
            {"AWS_S3_ADDRESSING_STYLE": "path", "AWS_S3_SIGNATURE_VERSION": "s3v4", "AWS_S3_PROXIES": {"http": "u"}},
            {},
            {"config": {"s3": {"addressing_style": "path"}, "signature_version": "s3v4", "proxies": {"http": "u"}}},
        ),
    ],
)
@pytest.mark.parametrize(
    "kind", ["s3.S3Storage", "s3.S3StaticStorage", "s3boto3.S3Boto3Storage", "s3boto3.S3StaticStorage"]
)
def test_a_client_of_s3_is_made_as_django_storages_does(
    settings: dict[str, Any],
    options: dict[str, Any],
    expected: dict[str, Any],
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr("omicsdk.core.s3_clients.s3_client", lambda **arguments: made.update(arguments))
    default = {"BACKEND": f"storages.backends.{kind}", "OPTIONS": options}
    assert isinstance(open_storage({**S3, **settings, "STORAGES": {"default": default}}), S3Storage)
    assert made.items() >= expected.items()


@pytest.mark.parametrize(
    ("settings", "extra"),
    [
        ({}, {}),
        ({"AWS_DEFAULT_ACL": "private"}, {"ACL": "private"}),
        ({"AWS_S3_OBJECT_PARAMETERS": {"A": 1}, "AWS_DEFAULT_ACL": "private"}, {"A": 1, "ACL": "private"}),
        ({"AWS_S3_OBJECT_PARAMETERS": {"ACL": "public-read"}, "AWS_DEFAULT_ACL": "private"}, {"ACL": "public-read"}),
    ],
)
def test_objects_are_saved_with_the_parameters_of_the_settings(
    settings: dict[str, Any], extra: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omicsdk.core.s3_clients.s3_client", lambda **_: None)
    monkeypatch.setattr("omicsdk.crunch.storage.s3.S3Storage", lambda *_, **options: options)
    made: Any = open_storage({**S3, **settings})
    assert made == {"extra_args": extra, "expires": EXPIRES, "domain": "", "signed": True}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"FILE_UPLOAD_PERMISSIONS": 0o600}, 0o600),
        ({"FILE_UPLOAD_PERMISSIONS": 0o7777}, 0o7777),
        (
            {"FILE_UPLOAD_PERMISSIONS": 0o600, "STORAGES": {"default": {"OPTIONS": {"file_permissions_mode": 0o640}}}},
            0o640,
        ),
    ],
)
def test_files_of_a_folder_have_the_permissions_of_the_settings(
    settings: dict[str, Any], expected: int | None, tmp_path: Path
) -> None:
    open_storage({"MEDIA_ROOT": str(tmp_path), **settings}).save("a.txt", io.BytesIO(b"a"))
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == (FILE_MODE if expected is None else expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "name no storage"),
        ({"DEBUG": True}, "name no storage"),
        ({"MEDIA_ROOT": ""}, "name no storage"),
        (
            {"DEFAULT_FILE_STORAGE": "storages.backends.dropbox.DropBoxStorage"},
            "'storages.backends.dropbox.DropBoxStorage'",
        ),
        ({"DEFAULT_FILE_STORAGE": "django.core.files.storage.FileSystemStorage"}, "no MEDIA_ROOT"),
        ({"DEFAULT_FILE_STORAGE": "storages.backends.s3.S3Storage"}, "no AWS_STORAGE_BUCKET_NAME"),
        ({"MEDIA_ROOT": 7}, "MEDIA_ROOT is int, not text"),
        ({"STORAGES": []}, "name no storage"),
        ({"DEFAULT_FILE_STORAGE": ["x"]}, "DEFAULT_FILE_STORAGE is list, not text"),
        ({"STORAGES": ["x"]}, "STORAGES is list, not a table"),
        ({"MEDIA_ROOT": "/x", "FILE_UPLOAD_PERMISSIONS": "0644"}, "FILE_UPLOAD_PERMISSIONS is '0644'"),
        ({"MEDIA_ROOT": "/x", "FILE_UPLOAD_DIRECTORY_PERMISSIONS": True}, "FILE_UPLOAD_DIRECTORY_PERMISSIONS is True"),
        ({"FSSPEC_URL": 1}, "FSSPEC_URL is int"),
        ({"FSSPEC_URL": "memory://x", "FSSPEC_AT_ONCE": 0}, "FSSPEC_AT_ONCE is 0"),
        ({"FSSPEC_URL": "memory://x", "FSSPEC_AT_ONCE": "4"}, "FSSPEC_AT_ONCE is '4'"),
        ({"MEDIA_ROOT": "/x", "FILE_UPLOAD_PERMISSIONS": 0o10000}, "FILE_UPLOAD_PERMISSIONS is 4096"),
        (object(), "has no open, save, exists, listdir, delete, size"),
    ],
)
def test_settings_that_cannot_be_used(settings: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_storage(settings)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"MEDIA_ROOT": "{folder}"},
        {"MEDIA_ROOT": "{folder}", "DEFAULT_FILE_STORAGE": "django.core.files.storage.FileSystemStorage"},
        {
            "MEDIA_ROOT": "{folder}",
            "STORAGES": {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}, "staticfiles": {}},
        },
        {
            "STORAGES": {
                "default": {
                    "BACKEND": "django.core.files.storage.FileSystemStorage",
                    "OPTIONS": {"location": "{folder}"},
                }
            }
        },
        {"MEDIA_ROOT": "{folder}", "DEBUG": True, "INSTALLED_APPS": ["crunch"]},
    ],
)
def test_folders(settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("alpha")
    parsed = json.loads(json.dumps(settings).replace("{folder}", str(tmp_path)))

    for argument in (parsed, _json(tmp_path / "settings.json", parsed)):
        storage = open_storage(argument)
        assert isinstance(storage, FolderStorage)
        assert storage.path("a.txt") == str(tmp_path / "a.txt")


def _json(path: Path, settings: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(settings))
    return path


def test_toml(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f'MEDIA_ROOT = "{tmp_path}"\nMEDIA_URL = "https://example.org/media/"\n')

    storage = open_storage(path)

    assert storage.path("a b") == str(tmp_path / "a b")
    assert storage.url("a b/é") == "https://example.org/media/a%20b/%C3%A9"
    assert open_storage(str(path)).path("x") == str(tmp_path / "x")


@pytest.mark.parametrize(
    "settings",
    [
        {**AWS, "DEFAULT_FILE_STORAGE": "storages.backends.s3boto3.S3Boto3Storage"},
        {**AWS, "DEFAULT_FILE_STORAGE": "storages.backends.s3.S3Storage"},
        {**AWS, "STORAGES": {"default": {"BACKEND": "storages.backends.s3.S3Storage"}}},
        {
            "STORAGES": {
                "default": {
                    "BACKEND": "storages.backends.s3.S3Storage",
                    "OPTIONS": {
                        "bucket_name": "reads",
                        "access_key": "id",
                        "secret_key": "secret",
                        "endpoint_url": "http://127.0.0.1:1",
                    },
                }
            }
        },
    ],
)
def test_s3(settings: dict[str, Any]) -> None:
    storage = open_storage(settings)

    assert isinstance(storage, S3Storage)
    assert storage.url("a b").partition("?")[0].endswith("/a%20b")
    assert "secret" not in repr(storage)


def test_s3_settings_are_obeyed() -> None:
    more = {
        "DEFAULT_FILE_STORAGE": "storages.backends.s3.S3Storage",
        "AWS_LOCATION": "/crunch/",
        "AWS_S3_REGION_NAME": "eu-west-1",
        "AWS_S3_ADDRESSING_STYLE": "path",
        "AWS_QUERYSTRING_EXPIRE": 60,
        "AWS_S3_SIGNATURE_VERSION": "s3v4",
    }

    url = open_storage({**AWS, **more}).url("a.txt")

    assert url.startswith("http://127.0.0.1:1/reads/crunch/a.txt?")
    assert "X-Amz-Expires=60&" in url
    assert "eu-west-1" in url
    plain = open_storage({**AWS, **more, "AWS_QUERYSTRING_AUTH": False})
    assert plain.url("a.txt") == "http://127.0.0.1:1/reads/crunch/a.txt"
    domain = open_storage({**AWS, **more, "AWS_S3_CUSTOM_DOMAIN": "cdn.example.org"})
    assert domain.url("a.txt") == "https://cdn.example.org/crunch/a.txt"


def test_an_object_of_s3_is_what_its_head_states() -> None:
    class Client:
        def head_object(self, **_: str) -> dict[str, Any]:
            return {"ContentLength": 3, "ETag": '"e"', "LastModified": datetime(1970, 1, 2, tzinfo=UTC)}

        def generate_presigned_url(self, *_: str, **_options: Any) -> str:
            return "https://reads.example/a?signature"

    storage = S3Storage(Client(), "reads")
    stored = storage.stat("a")
    assert stored is not None
    assert (stored.size, stored.etag, stored.modified) == (3, "e", 86_400)
    assert storage.url("a") == "https://reads.example/a?signature"
    with pytest.raises(ValueError, match="name of an object"):
        storage.delete("")


def test_fsspec() -> None:
    assert isinstance(open_storage({"FSSPEC_URL": "memory://crunch", "FSSPEC_AT_ONCE": 1}), FsspecStorage)
    assert isinstance(open_storage({"FSSPEC_URL": "memory://crunch", "FSSPEC_OPTIONS": {}}), FsspecStorage)


def test_fsspec_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fsspec.core", None)

    with pytest.raises(MissingExtra, match=r"\[fsspec\]"):
        open_storage({"FSSPEC_URL": "memory://crunch"})


def test_fsspec_addresses_that_are_none() -> None:
    with pytest.raises(UsageError, match="nosuch://bucket") as caught:
        open_storage({"FSSPEC_URL": "nosuch://bucket/x?key=hidden"})

    assert "hidden" not in str(caught.value)


def test_an_object_of_the_users_own() -> None:
    class Own:
        def nothing(self, *arguments: object) -> None: ...

        open = save = exists = listdir = delete = size = nothing

    storage: Any = Own()
    assert open_storage(storage) is storage


def test_an_unknown_storage_is_reported_with_what_is_taken() -> None:
    with pytest.raises(ConfigError) as caught:
        open_storage({"DEFAULT_FILE_STORAGE": "storages.backends.gcloud.GoogleCloudStorage"})

    for taken in ("MEDIA_ROOT", "storages.backends.s3.S3Storage", "FSSPEC_URL"):
        assert taken in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("settings.py", "MEDIA_ROOT = '/x'", "ends in .py"),
        ("settings", "{}", "ends in nothing"),
        ("settings.json", "{", "cannot be parsed"),
        ("settings.json", "[" * 100_000, "cannot be parsed"),
        ("settings.toml", "MEDIA_ROOT", "cannot be parsed"),
        ("settings.json", "[1]", "is list, not a table"),
        ("settings.json", b"\xff", "cannot be parsed"),
        ("missing.json", None, "cannot be read"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, name: str, content: str | bytes | None, message: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    with pytest.raises(ConfigError) as caught:
        open_storage(path)

    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("AWS_S3_ENDPOINT_URL", "nonsense", "AWS settings of the storage"),
        ("AWS_S3_ENDPOINT_URL", 9000, "AWS_S3_ENDPOINT_URL is int, not text"),
        ("AWS_S3_ACCESS_KEY_ID", 123456, "AWS_S3_ACCESS_KEY_ID is int, not text"),
        ("AWS_S3_ADDRESSING_STYLE", "sideways", "AWS settings of the storage"),
        ("AWS_S3_SESSION_PROFILE", "nobody's", "AWS settings of the storage"),
        ("AWS_S3_PROXIES", "http://proxy:8080", "AWS_S3_PROXIES is str, not a table"),
        ("AWS_QUERYSTRING_EXPIRE", "soon", "AWS_QUERYSTRING_EXPIRE is 'soon'"),
        ("AWS_QUERYSTRING_EXPIRE", -1, "AWS_QUERYSTRING_EXPIRE is -1"),
    ],
)
def test_aws_settings_that_cannot_be_used(key: str, value: Any, message: str) -> None:
    settings = {**AWS, key: value, "DEFAULT_FILE_STORAGE": "storages.backends.s3.S3Storage"}

    with pytest.raises(ConfigError) as caught:
        open_storage(settings)

    assert message in str(caught.value)


def test_a_file_that_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    for name, text in (("s.json", '{"MEDIA_ROOT": "/é"}'), ("s.toml", 'MEDIA_ROOT = "/é"')):
        (tmp_path / name).write_text(text, encoding="utf-8-sig")

        assert open_storage(tmp_path / name).path("") == str(Path("/é").absolute())


def test_two_settings_in_one_process_are_two_storages(tmp_path: Path) -> None:
    one, two = (open_storage({"MEDIA_ROOT": str(tmp_path / name)}) for name in ("one", "two"))

    assert one.path("x") != two.path("x")
