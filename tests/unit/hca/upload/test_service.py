"""The deployment's service behind an area: where it is, what it is asked, what its refusals become."""

import json
import pickle
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.compat.hca import get_config
from omicsdk.compat.hca.upload import UploadArea, UploadService
from omicsdk.compat.hca.upload.exceptions import UploadApiException, documented_error
from omicsdk.core import (
    NO_RETRY,
    ApiKey,
    ConfigError,
    Conflict,
    ConnectFailed,
    DecodeError,
    Forbidden,
    NotFound,
    TransportError,
)
from omicsdk.core.operation import Call
from omicsdk.hca.upload import AsyncHcaUpload, HcaUpload, UploadAreaURI, UploadConfig, UploadException
from omicsdk.hca.upload.client import api_key, service_url
from omicsdk_api.upload import UploadApi
from upload_areas import OTHER, UUID, uri_of


def configure(file: Path, **upload: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"upload": upload}))


def test_the_stage_of_a_bucket_states_where_its_service_is(home: Path, user_file: Path):
    assert service_url("prod") == "https://upload.data.humancellatlas.org"
    assert service_url("staging") == "https://upload.staging.data.humancellatlas.org"
    assert service_url("") == "https://upload.data.humancellatlas.org"
    configure(
        user_file,
        areas={UUID: {"uri": uri_of(UUID, "dev")}},
        current_area=UUID,
        preprod_api_url_template="http://localhost:1/{deployment_stage}/v1/",
        production_api_url="http://localhost:2/v1",
    )
    assert service_url("") == "http://localhost:1/dev"
    assert service_url("prod") == "http://localhost:2"
    with HcaUpload() as client:
        assert client.base_url == "http://localhost:1/dev"
        assert client.at("dev") is client
        assert client.at("prod").base_url == "http://localhost:2"
    with HcaUpload("http://localhost:3") as client:
        assert client.at("prod") is client


def test_a_client_of_another_deployment_has_all_options_of_the_first(home: Path):
    requests: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200)

    key = ApiKey("k", header="Api-Key")
    with HcaUpload(
        credentials=key, timeout=7, headers={"x-run": "1"}, transport=httpx.MockTransport(response)
    ) as client:
        client.at("staging").delete_area.raw(upload_area_uuid=UUID)
    assert requests[0].url.host == "upload.staging.data.humancellatlas.org"
    assert (requests[0].headers["api-key"], requests[0].headers["x-run"]) == ("k", "1")
    assert requests[0].extensions["timeout"]["read"] == 7


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://upload.example.org", "does not end in /v1"),
        ("ftp://upload.example.org/v1", "does not begin with"),
        ("upload/v1", "does not begin with"),
        ("https:///v1", "has no host"),
        ("https://upload.example.org:99999/v1", "has a port"),
    ],
)
def test_a_url_that_is_none_is_reported_with_where_it_stands(home: Path, user_file: Path, url: str, fault: str):
    configure(user_file, production_api_url=url)
    with pytest.raises(ConfigError, match=rf"^upload\.production_api_url in .*, which {fault}") as caught:
        service_url("prod")
    assert repr(url) in str(caught.value)
    assert str(user_file) in str(caught.value)


def test_what_sends_nothing_needs_no_url_of_the_service(home: Path, user_file: Path):
    """As with the published client: programs read areas and URIs where the configured URL is none."""
    configure(user_file, production_api_url="https://upload.example.org", areas={UUID: {"uri": uri_of(UUID)}})
    service = UploadService("prod")
    assert list(service.config().areas) == [UUID]
    service.close()
    with pytest.raises(ConfigError, match="does not end in /v1"):
        service.create_area(OTHER)


def area_with(responses: Any) -> UploadArea:
    client = HcaUpload("http://127.0.0.1:1", retry=NO_RETRY, transport=httpx.MockTransport(responses))
    return UploadArea(uri_of(UUID), UploadService(client=client))


@pytest.mark.parametrize("status", [423, 409])
def test_a_locked_area_states_why(home: Path, status: int):
    area = area_with(lambda _: httpx.Response(status, json={"status": status, "title": "Area is locked"}))
    with pytest.raises(UploadApiException, match="accepts no more files") as raised:
        area.get_credentials()
    assert isinstance(raised.value, UploadException)
    assert raised.value.status == status


def test_credentials_are_what_boto3_takes(home: Path):
    keys = {"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T", "Expiration": "2030-01-01T00:00:00Z"}
    requests: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        requests.append(f"{request.method} {request.url.path} {request.headers.get('api-key')}")
        return httpx.Response(201, json=keys)

    assert area_with(response).get_credentials() == {
        "aws_access_key_id": "A",
        "aws_secret_access_key": "S",
        "aws_session_token": "T",
        "expiry_time": "2030-01-01T00:00:00Z",
    }
    assert requests == [f"POST /v1/area/{UUID}/credentials None"]


def test_an_area_that_can_not_be_requested_is_not_treated_as_missing(home: Path):
    with pytest.raises(UploadApiException) as raised:
        area_with(lambda _: httpx.Response(500)).exists()
    assert raised.value.status == 500

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(UploadApiException) as unreached:
        area_with(refuse).exists()
    assert isinstance(unreached.value, TransportError)


def test_documented_errors_are_both_and_survive_pickling():
    for error in (
        NotFound("gone", status=404),
        Conflict("no", status=409),
        ConnectFailed("no"),
        Forbidden("no", status=403),
    ):
        documented = documented_error(error)
        assert isinstance(documented, UploadApiException)
        assert isinstance(documented, RuntimeError)
        assert isinstance(documented, type(error))
        assert str(documented) == str(error)
        again = pickle.loads(pickle.dumps(documented))
        assert type(again) is type(documented)
        assert str(again) == str(error)
        assert documented_error(documented) is documented
    other = ValueError("x")
    assert documented_error(other) is other


def test_an_area_of_another_deployment_asks_that_one(home: Path, user_file: Path):
    configure(user_file, preprod_api_url_template="http://localhost:1/{deployment_stage}/v1")
    with UploadArea(UploadAreaURI(uri_of(UUID, "dev"))) as area:
        assert area.upload_service.client.base_url == "http://localhost:1/dev"
    assert repr(area) == f"UploadArea({uri_of(UUID, 'dev')!r})"
    assert str(UploadConfig().uri_of("dev", UUID)) == uri_of(UUID, "dev")


class Asked:
    """A network that keeps what it is asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(201, json={"uri": uri_of(UUID)})


HOST = "https://upload.example.org"


def edited(config: Any, how: str) -> Any:
    """A configuration that was changed in the program, one way or another."""
    if how == "replaced":
        config.upload = {"production_api_url": f"{HOST}/v1"}
    elif how == "item":
        config["upload"] = {"production_api_url": f"{HOST}/v1"}
    elif how == "merged":
        config.update({"upload": {"production_api_url": f"{HOST}/v1"}})
    else:
        config.upload.production_api_url = f"{HOST}/v1"
    return config


@pytest.mark.parametrize("how", ["replaced", "item", "merged", "within"])
def test_a_configuration_that_was_changed_in_memory_is_obeyed_and_gets_the_key(
    home: Path, user_file: Path, monkeypatch: pytest.MonkeyPatch, how: str
):
    if how == "within":
        configure(user_file, production_api_url="https://other.example.org/v1")
    config = edited(get_config(), how)
    monkeypatch.setenv("OMICS_UPLOAD_TOKEN", "the-key")
    recorder = Asked()
    assert service_url("prod", config) == HOST
    with UploadService(config=config) as service:
        assert service.client.credentials is not None
        client = HcaUpload(HOST, credentials=service.client.credentials, transport=httpx.MockTransport(recorder))
        UploadService(client=client).create_area(UUID)
        client.close()
    with UploadService("prod", "the-key", config=config) as service:
        assert service.client.base_url == HOST
    assert [(request.url.host, request.headers["api-key"]) for request in recorder.requests] == [
        ("upload.example.org", "the-key")
    ]
    assert AsyncHcaUpload(service_url("", config)).base_url == HOST


@pytest.mark.parametrize("body", ["", '{"uri": []}'])
def test_a_created_area_without_its_uri_is_an_error(body: str):
    transport = httpx.MockTransport(
        lambda _: httpx.Response(201, text=body, headers={"content-type": "application/json"})
    )
    with HcaUpload(HOST, credentials="the-key", transport=transport) as client, pytest.raises(DecodeError):
        UploadService(client=client).create_area(UUID)


def test_areas_that_were_put_into_the_configuration_in_memory_are_known(home: Path, user_file: Path):
    config = get_config()
    config.upload = {"areas": {UUID: {"uri": uri_of(UUID)}}, "current_area": UUID}
    assert UploadConfig(config).areas == [UUID]
    assert [area.uuid for area in UploadArea.all(config)] == [UUID]
    assert UploadArea.selected(config).is_selected
    # Selecting writes it down for later runs, though this object knows it already.
    UploadArea.selected(config).select()
    assert UploadArea.selected().uuid == UUID


def test_what_selecting_and_forgetting_wrote_holds_in_the_configuration_that_was_given(home: Path, user_file: Path):
    configure(user_file, areas={OTHER: {"uri": uri_of(OTHER)}}, current_area=OTHER)
    config = get_config()
    area = UploadArea(uri_of(UUID), config=config)
    area.select()
    assert (area.is_selected, UploadConfig(config).areas) == (True, [OTHER, UUID])
    before = user_file.read_bytes()
    config.save()
    assert user_file.read_bytes() == before
    area.forget()
    assert (area.is_selected, UploadConfig(config).areas, UploadConfig().areas) == (False, [OTHER], [OTHER])
    config.save()
    assert UploadConfig().areas == [OTHER]


@pytest.mark.parametrize(
    ("upload", "message"),
    [
        ("https://upload.example.org/v1", r"^upload in the HCA configuration \(set in the program\) is not an object"),
        ({"areas": [UUID]}, r"^upload\.areas in the HCA configuration \(set in the program\)"),
        ({"production_api_url": 5}, r"^upload\.production_api_url .*\(set in the program\) is not text"),
        ({"production_api_url": "https://x.example/v2"}, r"^upload\.production_api_url .*\(set in the program\) is "),
    ],
)
def test_what_was_set_in_the_program_and_is_wrong_is_reported_as_that(home: Path, upload: Any, message: str):
    config = get_config()
    config.upload = upload
    with pytest.raises(ConfigError, match=message):
        HcaUpload(service_url("", config))


def test_the_key_goes_with_what_needs_it_only(home: Path):
    def reply(request: httpx.Request) -> httpx.Response:
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
        return httpx.Response(200, json=dict.fromkeys(names, "2099-01-01T00:00:00Z"))

    recorder = Asked()
    seen: list[tuple[str, bool]] = []

    def network(request: httpx.Request) -> httpx.Response:
        seen.append((f"{request.method} {request.url.path.partition(UUID)[2]}", "api-key" in request.headers))
        return recorder(request) if request.url.path.endswith(UUID) else reply(request)

    with HcaUpload(HOST, credentials=api_key("the-key"), transport=httpx.MockTransport(network)) as client:
        area = UploadService(client=client).create_area(UUID)
        area.exists()
        area.get_credentials()
        area.store_file("a.txt", "text", "text/plain; dcp-type=data")
        area.validate_files(["a.txt"], "image")
        client.validate_file.raw(upload_area_uuid=UUID, filename="a.txt", validator_image="image")
        area.checksum_status("a.txt")
        area.checksum_statuses()
        area.validation_status("a.txt")
        area.validation_statuses()
        client.files_info.raw(upload_area_uuid=UUID, body=["a.txt"])
        client.file_info.raw(upload_area_uuid=UUID, filename="a.txt")
        client.file_upload_notification.raw(upload_area_uuid=UUID, filename="a.txt")
        client.get_version.raw()
        client.get_health.raw()
        client.get_v1_health.raw()
        area.delete()
    assert [what for what, has_key in seen if has_key] == [
        *("POST ", "PUT /a.txt", "PUT /validate", "PUT /a.txt/validate", "DELETE "),
    ]
    assert len(seen) == 17


@pytest.mark.parametrize("kind", [HcaUpload, AsyncHcaUpload])
def test_each_operation_either_needs_the_key_or_gets_none(home: Path, kind: Any):
    client = kind(HOST)
    names = [name for name in dir(UploadApi) if isinstance(getattr(UploadApi, name), Call)]
    facts = [getattr(client, name).facts for name in names]
    assert len(facts) == 19
    assert [fact.name for fact in facts if fact.secured == fact.public] == []
