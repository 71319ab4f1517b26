"""Clients of the documents of AutoRest's test server, which counts the scenarios that a client reads and sends as it should."""

import importlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Generator
from fnmatch import fnmatch
from inspect import signature
from pathlib import Path
from typing import Any

import httpx
import pytest
from claimed_ports import free_port
from omicsdk.core import ApiKey, BearerToken, Retry
from omicsdk.core.errors import OmicsError
from omicsdk_codegen.generate import make_package
from omicsdk_codegen.naming import package_name
from omicsdk_codegen.options import AS_TEXT, NATIVE, TypeOptions
from omicsdk_codegen.write import write_files
from real_servers import peer, program, running

BYTES = "5ZWK6b2E5LiC54ub54uc76ex76Ss76ex76iM76ip"
RESERVED = "begin!*'();:@ &=+$,/?#[]end"
ITEMS = ["ArrayQuery1", RESERVED, "", ""]  # null and an empty text: a list of a query has no null
KEY = "9C4D50EE-2D56-4CD3-8152-34347DC9F2B0"
# Azure's, in each request of its documents.
REQUEST_ID = {"x-ms-client-request-id": KEY}
PUPPY = {"id": 1, "name": "Puppy", "birthdate": "2017-12-13T02:29:51Z", "complexProperty": {"color": "Red"}}
SIZES = {"height": 5.61, "weight": 599, "footsize": 11.5}
PRODUCT: dict[str, Any] = {
    "base_product_id": "123",
    "base_product_description": "product description",
    "details": {
        "max_product_display_name": "max name",
        "max_product_capacity": "Large",
        "max_product_image": {"@odata.value": "http://foo"},
    },
}
FLAT = {"p.name": "Product1", "type": "Flat"}
RESOURCES = {
    "Resource1": {"location": "West US", "tags": {"tag1": "value1", "tag2": "value3"}, "properties": FLAT},
    "Resource2": {"location": "Building 44", "properties": {**FLAT, "p.name": "Product2"}},
}
# What the document states is a call that may be repeated: POST and PATCH are not.
REPEATABLE = [
    {"target": f"$.paths['/http/retry/{status}'].{method}", "update": {"x-omics-idempotent": True}}
    for status, method in ((500, "patch"), (503, "post"), (504, "patch"))
]

# Values that headers have in both directions: their type, the scenario, and the value.
HEADERS: list[tuple[str, str, Any]] = [
    ("integer", "positive", 1), ("integer", "negative", -2), ("long", "positive", 105), ("long", "negative", -2),
    ("float", "positive", 0.07), ("float", "negative", -3.0), ("double", "positive", 7e120), ("double", "negative", -3.0),
    ("bool", "true", True), ("bool", "false", False), ("string", "valid", "The quick brown fox jumps over the lazy dog"),
    ("string", "empty", ""), ("date", "valid", "2010-01-01"), ("date", "min", "0001-01-01"),
    ("datetime", "valid", "2010-01-01T12:34:56Z"), ("datetime", "min", "0001-01-01T00:00:00Z"),
    ("datetime_rfc1123", "valid", "Fri, 01 Jan 2010 12:34:56 GMT"), ("datetime_rfc1123", "min", "Mon, 01 Jan 0001 00:00:00 GMT"),
    ("duration", "valid", "P123DT22H14M12.011S"), ("byte", "valid", BYTES), ("enum", "valid", "GREY"),
]  # fmt: skip
# Operations by document, with their arguments; all others that require none are called, too.
CALLS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "additionalProperties": [
        ("pets_create_ap_true", {"body": PUPPY}),
        ("pets_create_cat_ap_true", {"body": {**PUPPY, "name": "Lisa", "friendly": True}}),
        ("pets_create_ap_object", {"body": {"id": 2, "name": "Hira", "siblings": [PUPPY], "picture": "//////4="}}),
        ("pets_create_ap_string", {"body": {"id": 3, "name": "Tommy", "color": "red", "weight": "10 kg", "city": "Bombay"}}),
        ("pets_create_ap_in_properties", {"id": 4, "name": "Bunny", "additional_properties": SIZES}),
        ("pets_create_ap_in_properties_with_ap_string", {"body": {
            "id": 5, "name": "Funny", "@odata.location": "westus", "additionalProperties": SIZES, "color": "red", "city": "Seattle",
            "food": "tikka masala"}}),
    ],
    "any-type": [("put_object", {"body": {"foo": "bar"}})],
    "azure-parameter-grouping": [
        ("parameter_grouping_post_required", {"body": 1234, "path": "path", "query": 21, "custom_header": "header"}),
        ("parameter_grouping_post_reserved_words", {"from_": "bob", "accept": "yes"}),
        ("parameter_grouping_group_with_constant", {"grouped_constant": "foo", "grouped_parameter": "bar"}),
    ],
    "azure-special-properties": [
        ("x_ms_client_request_id_get", {"headers": REQUEST_ID}),
        ("x_ms_client_request_id_get", {"headers": {"x-ms-client-request-id": "another"}}),
        ("x_ms_client_request_id_param_get", {"x_ms_client_request_id": KEY}),
        *((f"api_version_default_get_{place}_global_valid", {"api_version": "2015-07-01-preview"}) for place in ("method", "path", "swagger")),
        ("api_version_default_get_method_global_not_provided_valid", {"api_version": "2015-07-01-preview"}),
        *((f"skip_url_encoding_get_{place}_path_valid", {"unencoded_path_param": "path1/path2/path3"}) for place in ("method", "path", "swagger")),
        *((f"subscription_in_{name}_valid", {"subscription_id": "1234-5678-9012-3456", "headers": REQUEST_ID}) for name in (
            "credentials_post_method_global", "credentials_post_path_global", "credentials_post_swagger_global",
            "method_post_method_local", "method_post_path_local", "method_post_swagger_local")),
        ("subscription_in_credentials_post_global_not_provided_valid", {
            "subscription_id": "1234-5678-9012-3456", "api_version": "2015-07-01-preview", "headers": REQUEST_ID}),
        *((f"header_custom_named_request_id{name}", {"foo_client_request_id": KEY}) for name in ("", "_param_grouping", "_head")),
        ("odata_get_with_filter", {"filter": "id gt 5 and name eq 'foo'", "top": 10, "orderby": "id"}),
    ],
    "body-array": [
        ("array_put_date_time_valid", {"body": ["2000-12-01T00:00:01Z", "1980-01-02T00:11:35Z", "1492-10-12T10:15:01Z"]}),
        ("array_put_duration_valid", {"body": ["P123DT22H14M12.011S", "P5DT1H"]}),
    ],
    "body-binary": [("upload_file", {"body": {"more": "cowbell"}}), ("upload_binary", {"body": b"Hello, world!"})],
    "body-complex": [
        ("basic_put_valid", {"id": 2, "name": "abc", "color": "Magenta"}),
    ],
    "body-datetime": [
        ("datetime_put_utc_max_date_time", {"body": "9999-12-31T23:59:59.999Z"}),
        ("datetime_put_utc_max_date_time7_digits", {"body": "9999-12-31T23:59:59.9999999Z"}),
        ("datetime_put_local_positive_offset_max_date_time", {"body": "9999-12-31T23:59:59.999+14:00"}),
        ("datetime_put_local_negative_offset_max_date_time", {"body": "9999-12-31T23:59:59.999-14:00"}),
    ],
    "body-datetime-rfc1123": [("datetimerfc1123_put_utc_max_date_time", {"body": "Fri, 31 Dec 9999 23:59:59 GMT"})],
    "body-dictionary": [
        ("dictionary_put_date_time_valid", {"body": {"0": "2000-12-01T00:00:01Z", "1": "1980-01-01T23:11:35Z", "2": "1492-10-12T18:15:01Z"}}),
    ],
    "body-duration": [("duration_put_positive_duration", {"body": "P123DT22H14M12.011S"})],
    "body-formdata": [
        ("formdata_upload_file", {"file_content": b"\x89PNG", "file_name": "UploadFile.png"}),
        ("formdata_upload_file_via_body", {"body": b"\x89PNG"}),
    ],
    "body-formdata-urlencoded": [
        ("formdataurlencoded_update_pet_with_form", {"pet_id": 1, "pet_type": "dog", "pet_food": "meat", "pet_age": 42, "name": "Fido"}),
        ("formdataurlencoded_partial_constant_body", {"service": "bar", "access_token": "foo"}),
    ],
    "body-integer": [
        ("int_put_max32", {"body": 2**31 - 1}), ("int_put_min32", {"body": -(2**31)}),
        ("int_put_max64", {"body": 2**63 - 1}), ("int_put_min64", {"body": -(2**63)}),
    ],
    "body-string": [("enum_put_referenced_constant", {})],
    "body-time": [("time_put", {"body": "08:07:56"})],
    "constants": [("contants_put_client_constants", {"header_constant": True})],
    "custom-baseUrl-more-options": [("paths_get_empty", {"subscription_id": "test12", "key_name": "key1", "key_version": "v1"})],
    "dpg-customization": [
        *((name, {"mode": mode}) for name in ("get_model", "get_pages", "lro") for mode in ("raw", "model")),
        *(("post_model", {"mode": mode, "hello": "world!"}) for mode in ("raw", "model")),
    ],
    "dpg-update1": [
        ("params_get_required", {"parameter": "foo"}),
        ("params_put_required_optional", {"required_param": "foo"}),
        ("params_post_parameters", {"url": "http://example.org/myimage.jpeg"}),
    ],
    "extensible-enums-swagger": [
        *(("pet_get_by_pet_id", {"pet_id": name}) for name in ("tommy", "casper", "scooby")),
        ("pet_add_pet", {"name": "Retriever", "days_of_week": "Friday", "int_enum": "3"}),
    ],
    "header": [
        ("header_param_existing_key", {"user_agent": "overwrite"}),
        ("header_custom_request_id", {"headers": REQUEST_ID}),
        *((f"header_param_{kind}", {"scenario": scenario, "value": value}) for kind, scenario, value in (
            *HEADERS, ("string", "null", None), ("enum", "null", None))),
        *((f"header_response_{kind}", {"scenario": scenario}) for kind, scenario, _ in (
            *HEADERS, ("string", "null", None), ("enum", "null", None))),
    ],
    "media_types": [
        ("analyze_body", {"source": "foo"}),
        ("analyze_body_no_accept_header", {"source": "foo"}),
        ("binary_body_with_two_content_types", {"body": b"hello, world!", "content_type": "application/octet-stream"}),
        ("binary_body_with_three_content_types", {"body": b"hello, world", "content_type": "application/octet-stream"}),
        ("binary_body_with_three_content_types", {"body": "hello, world", "content_type": "text/plain"}),
        ("body_three_types", {"body": {"hello": "world"}}),
        ("body_three_types", {"body": b"hello, world", "content_type": "application/octet-stream"}),
        ("body_three_types", {"body": "hello, world", "content_type": "text/plain"}),
        ("content_type_with_encoding", {"body": "hello, world"}),
    ],
    "merge-patch": [("patch_single", {"body": {"foo": "bars"}})],
    "model-flattening": [
        ("put_array", {"body": [{"location": "West US", "tags": {"tag1": "value1", "tag2": "value3"}}, {"location": "Building 44"}]}),
        ("put_dictionary", {"body": RESOURCES}),
        ("put_resource_collection", {
            "dictionaryofresources": RESOURCES,
            "arrayofresources": [RESOURCES["Resource1"], {**RESOURCES["Resource2"], "location": "East US"}],
            "productresource": {"location": "India", "properties": {**FLAT, "p.name": "Azure"}}}),
        ("put_simple_product", {**PRODUCT, "details": {
            **PRODUCT["details"], "max_product_image": {"@odata.value": "http://foo", "generic_value": "https://generic"}}}),
        ("post_flattened_simple_product", PRODUCT),
        ("put_simple_product_with_grouping", {**PRODUCT, "name": "groupproduct"}),
    ],
    "multiapi-v1": [
        ("test_one", {"id": 1, "api_version": "1.0.0"}),
        ("operation_group_one_test_two", {"api_version": "1.0.0"}),
    ],
    "multiapi-v1-custom-base-url": [("test", {"id": 1, "api_version": "1.0.0"})],
    "multiapi-v2": [
        ("test_one", {"id": 1, "api_version": "2.0.0"}),
        ("operation_group_one_test_two", {"api_version": "2.0.0"}),
        ("operation_group_one_test_three", {"api_version": "2.0.0"}),
        ("operation_group_two_test_four", {"api_version": "2.0.0", "parameter_one": True}),
    ],
    "multiapi-v2-custom-base-url": [("test", {"id": 2, "api_version": "2.0.0"})],
    "multiapi-v3": [
        ("operation_group_one_test_two", {"api_version": "3.0.0"}),
        ("operation_group_two_test_four", {"api_version": "3.0.0", "source": "foo"}),
        ("operation_group_two_test_five", {"api_version": "3.0.0"}),
    ],
    "multiple-inheritance": [
        ("put_pet", {"name": "Butter"}), ("put_horse", {"name": "General", "is_a_show_horse": False}),
        ("put_feline", {"meows": False, "hisses": True}),
        ("put_cat", {"name": "Boots", "likes_milk": False, "meows": True, "hisses": False}),
        ("put_kitten", {"name": "Kitty", "likes_milk": False, "meows": True, "hisses": False, "eats_mice_yet": True}),
    ],
    "non-string-enum": [("int_put", {"body": 200}), ("float_put", {"body": 200.4})],
    "object-type": [("put", {"body": {"foo": "bar"}}), ("put", {"body": {"foo": "wrong"}})],
    "paging": [
        ("paging_duplicate_params", {"filter": "foo"}),
        ("paging_get_multiple_pages_with_offset", {"offset": 100}),
        ("paging_get_single_pages_with_body_params", {"name": "body"}),
    ],
    "required-optional": [("explicit_put_required_binary_body", {"body": b"x"})],
    "reserved-words": [
        ("import_operation_one", {"parameter1": "foo"}),
        ("operation_with_content_param", {"body": b"hello, world"}),
        ("operation_with_json_param", {"body": {"hello": "world"}}),
        ("operation_with_data_param", {"data": "hello", "world": "world"}),
        ("operation_with_files_param", {"files": b"bytes", "file_name": "my.txt"}),
        ("operation_with_url", {"url": "foo", "header_parameters": "x", "query_parameters": ["one", "two"]}),
        ("reserved_enum", {"enum_parameter": "import"}),
    ],
    "security-aad": [("head", {})],
    "security-key": [("head", {})],
    "subscriptionId-apiVersion": [
        ("group_get_sample_resource_group", {"subscription_id": "s", "resource_group_name": "testgroup101", "api_version": "2014-04-01-preview"}),
    ],
    "url": [
        *((f"paths_{name}", {argument: value}) for name, argument, value in (
            ("get_boolean_true", "bool_path", True), ("get_boolean_false", "bool_path", False),
            ("float_scientific_positive", "float_path", 1.034e20), ("float_scientific_negative", "float_path", -1.034e-20),
            ("double_decimal_positive", "double_path", 9999999.999), ("double_decimal_negative", "double_path", -9999999.999),
            ("enum_valid", "enum_path", "green color"), ("byte_multi_byte", "byte_path", BYTES),
            ("base64_url", "base64_url_path", "bG9yZW0"), ("unix_time_url", "unix_time_url_path", 1460505600),
            ("array_csv_in_path", "array_path", ["ArrayPath1", *ITEMS[1:]]))),
        *((f"queries_{name}", {argument: value}) for name, argument, value in (
            ("get_boolean_true", "bool_query", True), ("get_boolean_false", "bool_query", False),
            ("float_scientific_positive", "float_query", 1.034e20), ("float_scientific_negative", "float_query", -1.034e-20),
            ("double_decimal_positive", "double_query", 9999999.999), ("double_decimal_negative", "double_query", -9999999.999),
            ("enum_valid", "enum_query", "green color"), ("byte_multi_byte", "byte_query", BYTES),
            *((f"array_string_{form}_valid", "array_query", ITEMS) for form in ("csv", "ssv", "tsv", "pipes")),
            ("array_string_no_collection_format_empty", "array_query", ["hello", "nihao", "bonjour"]))),
        *((f"path_items_get_{name}", {
            **{f"{place}_string_path": f"{camel}StringPath" for place, camel in (("global", "global"), ("path_item", "pathItem"), ("local", "local"))},
            **{f"{place}_string_query": f"{camel}StringQuery" for place, camel in sent}})
          for name, sent in (
            ("all_with_values", (("global", "global"), ("path_item", "pathItem"), ("local", "local"))),
            ("global_query_null", (("path_item", "pathItem"), ("local", "local"))),
            ("global_and_local_query_null", (("path_item", "pathItem"),)),
            ("local_path_item_query_null", (("global", "global"),)))),
    ],
    "url-multi-collectionFormat": [("queries_array_string_multi_valid", {"array_query": ITEMS})],
    "validation": [
        ("get_with_constant_in_path", {}),
        ("post_with_constant_in_body", {
            "child": {"constProperty": "constant"}, "const_child": {"constProperty": "constant", "constProperty2": "constant2"},
            "const_int": 0, "const_string": "constant"}),
    ],
    "xml-service": [("xml_json_input", {"id": 42})],
    "xms-error-responses": [
        *(("pet_do_something", {"what_action": action}) for action in ("stay", "jump", "fetch")),
        *(("pet_get_pet_by_id", {"pet_id": name}) for name in ("tommy", "coyoteUgly", "weirdAlYankovic", "ringo", "alien123")),
        ("pet_has_models_param", {"models": "value1"}),
    ],
}  # fmt: skip

BASES = {f"multiapi-v{number}-custom-base-url": f"/multiapiCustomBaseUrl/v{number}" for number in (1, 2)}
CREDENTIALS: dict[str, Any] = {
    "security-key": ApiKey("123456789", header="security-key"),
    "security-aad": BearerToken("https://security.microsoft.com/.default"),
}
# Scenarios that are not fulfilled, and why.
ARGUED: dict[tuple[str, ...], str] = {
    ("LRO*", "CustomHeaderP*", "PagingMultipleLRO"): "operations that continue after their response are not polled",
    ("PagingWithApiVersion*",): "a link to a page is followed as it is",
    ("PagingMultipleWithQueryParameters", "PagingFragment", "PagingCustomUrlPartialOperationNextLink"): "pages of another operation",
    ("RequestWithSecrets", "PagingReturnModelWithXMSClientName", "DPGGlassBreaker"): "in no document",
    ("UrlPaths*Empty",): "a path without its value is another path",
    ("UrlQueriesArrayCsvEmpty",): "a list without items is left out (RFC 6570)",
    ("UrlQueriesArraySsvValid",): "an item that contains the separator is refused",
    ("Azure*QueryUrlEncoding",): "a value of a query cannot add parameters",
    ("putComplexPolymorphismNoDiscriminator",): "a discriminator is a field like others",
    ("MediaTypePdf", "DPGNewBodyType.JPEG"): "an object is sent as JSON alone",
    ("MultiapiPostTestFourApiVersionThreePDF", "MultiapiDifferentCalls*"): "never counted by the server",
}  # fmt: skip
# One never responds, and one has three gigabytes.
NOT_CALLED = {("model-flattening", "put_wrapped_array"), ("body-file", "files_get_file_large")}


class Driver:
    """Calls the operations of each document.

    Attributes:
        outcomes: What each call returned or raised, by document and operation, in their order.
        differences: Values that are not those of the response's JSON.
    """

    def __init__(self, url: str, documents: Path, folder: Path, types: TypeOptions) -> None:
        self.outcomes: dict[tuple[str, str], list[Any]] = defaultdict(list)
        self.differences: list[tuple[str, str, Any, Any]] = []
        self._url, self._documents, self._folder, self._types = url, documents, folder, types
        self._cookies: dict[str, str] = {}
        self._responses: list[httpx.Response] = []

    def run(self, document: str) -> None:
        """Generate the package of a document, and call what needs no arguments and what is in CALLS."""
        overlay = self._folder / "overlay.json"
        actions = REPEATABLE if document == "httpInfrastructure" else []
        overlay.write_text(json.dumps({"overlay": "1.0.0", "info": {"title": "", "version": ""}, "actions": actions}))
        made = make_package(
            self._documents / f"{document}.json",
            [overlay] if actions else [],
            package_name(f"{self._folder.name} {document}"),
            origin="Generated for a test.",
            types=self._types,
            flat=True,
        )
        write_files(self._folder / made.name, made.files)
        package = importlib.import_module(made.name)
        (name,) = (name for name in dir(package) if name.endswith("Api") and not name.startswith("Async"))
        commands = json.loads(made.files["commands.json"])
        with getattr(package, name)(
            f"{self._url}{BASES.get(document, '')}",
            credentials=CREDENTIALS.get(document),
            retry=Retry(base=0, budget=10),
            timeout=10,
            before_request=self._send_cookies,
            after_response=self._keep_cookies,
        ) as client:
            self._call_all(client, document, commands)
            if document == "body-file":
                with client.files_get_file_large.stream() as body:
                    assert body.read(1024) == bytes(1024)
            constants = {command["name"]: _constants(command) for command in commands}
            for operation, arguments in CALLS.get(document, []):
                self._call(client, document, operation, constants[operation] | arguments)

    def reports(self) -> dict[str, int]:
        """How often each scenario was fulfilled."""
        pages = [
            httpx.get(f"{self._url}/report{part}", trust_env=False) for part in ("", "/azure", "/optional", "/dpg")
        ]
        return {name: count for page in pages for name, count in page.json().items()}

    def _call_all(self, client: Any, document: str, commands: list[dict[str, Any]]) -> None:
        """Call all operations that need no arguments; what a path returned is sent back to it."""
        received: dict[str, Any] = {}
        for command in sorted(commands, key=lambda command: command["method"] != "GET"):
            arguments = _constants(command)
            if command["method"] in ("PUT", "POST"):
                arguments |= _sent_back(command, received.get(command["path"]))
            parameters = signature(getattr(client, command["name"])).parameters.values()
            required = {parameter.name for parameter in parameters if parameter.default is parameter.empty}
            if required <= arguments.keys() and (document, command["name"]) not in NOT_CALLED:
                received[command["path"]] = self._call(client, document, command["name"], arguments)

    def _call(self, client: Any, document: str, name: str, arguments: dict[str, Any]) -> Any:
        """Call an operation with all pages, and compare a value of one response with its JSON."""
        headers = arguments.pop("headers", {})
        operation = getattr(client.with_options(headers=headers), name)
        self._responses.clear()
        self._cookies.clear()
        outcome: Any
        try:
            if hasattr(operation, "iterate"):
                outcome = list(operation.iterate(**arguments))
            else:
                received = operation.with_headers(**arguments)
                outcome = received.headers if name.startswith("header_response_") else received.value
                response = self._responses[-1]
                is_json = "json" in response.headers.get("content-type", "") and response.content
                if is_json and outcome is not None and _plain(outcome) != response.json():
                    self.differences.append((document, name, outcome, response.text))
        except OmicsError as error:
            outcome = error
        self.outcomes[document, name].append(outcome)
        return outcome

    def _send_cookies(self, request: httpx.Request) -> None:
        """Send the cookies by which the server knows that a request is repeated: a client keeps none."""
        if self._cookies:
            request.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _keep_cookies(self, response: httpx.Response) -> None:
        self._responses.append(response)
        self._cookies |= response.cookies


def _constants(command: dict[str, Any]) -> dict[str, Any]:
    """The arguments of which the document has a single value."""
    return {
        parameter["python"]: parameter["choices"][0]
        for parameter in command["parameters"]
        if parameter["required"] and len(parameter["choices"] or ()) == 1
    }


def _sent_back(command: dict[str, Any], value: Any) -> dict[str, Any]:
    names = {parameter["name"]: parameter["python"] for parameter in command["parameters"] if parameter["in"] == "body"}
    if value is None or isinstance(value, OmicsError):
        return {}
    if list(names) == ["body"]:
        return {"body": value}
    return {python: getattr(value, python) for name, python in names.items() if name in _plain(value)}


def _plain(value: Any) -> Any:
    """A value as JSON has it: models and values of native types state the text that was received."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value.to_dict() if hasattr(value, "to_dict") else getattr(value, "text", value)


@pytest.fixture(scope="module", params=[AS_TEXT, TypeOptions(NATIVE)], ids=["text", "native"])
def driver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Driver]:
    server = Path(peer("autorest", "node_modules/@microsoft.azure/autorest.testserver"))
    folder = tmp_path_factory.mktemp("autorest")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    preload = folder / "loopback.js"  # by itself, it listens on all interfaces
    preload.write_text(
        'const net = require("net"), listen = net.Server.prototype.listen\n'
        'net.Server.prototype.listen = function (port, ...rest) { return listen.call(this, port, "127.0.0.1", ...rest) }\n'
    )
    command = [program("node"), "--require", preload, server / "dist/cli/cli.js", "--port", str(port)]
    with running([*command, "--coverageDirectory", folder / "coverage"], f"{url}/report", folder):
        driver = Driver(url, server / "swagger", folder, request.param)
        sys.path.insert(0, str(folder))
        for path in sorted((server / "swagger").glob("*.json")):
            driver.run(path.stem)
        sys.path.remove(str(folder))
        yield driver


def test_all_scenarios_are_fulfilled_but_those_that_are_argued(driver: Driver) -> None:
    counts = driver.reports()
    missing = {name for name, count in counts.items() if not count}
    argued = {
        pattern: {name for name in missing if fnmatch(name, pattern)} for patterns in ARGUED for pattern in patterns
    }
    assert missing == {name for names in argued.values() for name in names}
    assert all(argued.values()), "what is fulfilled needs no argument"
    assert len(counts) == 848


def test_values_are_those_of_the_responses(driver: Driver) -> None:
    assert driver.differences == []


def test_headers_are_typed(driver: Driver) -> None:
    for kind in dict.fromkeys(kind for kind, _, _ in HEADERS):
        headers = driver.outcomes["header", f"header_response_{kind}"]
        values = [value for name, _, value in HEADERS if name == kind]
        assert [_plain(header.value) for header in headers][: len(values)] == values


def test_errors_have_the_status_of_the_response(driver: Driver) -> None:
    errors = {
        name: raised for (_, name), (raised, *_) in driver.outcomes.items() if re.search(r"_failure_\w+\d{3}$", name)
    }
    assert {name: raised.status for name, raised in errors.items()} == {name: int(name[-3:]) for name in errors}
    assert len(errors) == 30


@pytest.mark.parametrize(
    ("document", "operation", "number", "error", "data"),
    [
        ("httpInfrastructure", "multiple_responses_get200_model_d_default_error404_valid", 0, "NotFound", ("D", {"httpStatusCode": "404"})),
        ("httpInfrastructure", "multiple_responses_get200_model_d_default_error400_valid", 0, "BadRequest", ("Error", {"message": "client error"})),
        ("object-type", "put", 1, "BadRequest", ("dict", {"message": "The object you passed was incorrect"})),
        ("xms-error-responses", "pet_do_something", 1, "ServerError", ("PetSadError", {
            "actionResponse": "grrrr", "errorType": "PetSadError", "errorMessage": "casper aint happy", "reason": "need more treats"})),
        ("xms-error-responses", "pet_do_something", 2, "NotFound", ("PetHungryOrThirstyError", {
            "actionResponse": "howl", "errorType": "PetHungryOrThirstyError", "errorMessage": "scooby is low",
            "reason": "need more everything", "hungryOrThirsty": "hungry and thirsty"})),
        ("xms-error-responses", "pet_get_pet_by_id", 1, "NotFound", ("AnimalNotFound", {
            "someBaseProp": "problem finding animal", "reason": "the type of animal requested is not available", "name": "coyote",
            "whatNotFound": "AnimalNotFound"})),
        ("xms-error-responses", "pet_get_pet_by_id", 2, "NotFound", ("LinkNotFound", {
            "someBaseProp": "problem finding pet", "reason": "link to pet not found", "whatSubAddress": "pet/yourpet was not found",
            "whatNotFound": "InvalidResourceLink"})),
        ("xms-error-responses", "pet_get_pet_by_id", 3, "BadRequest", ("str", "ringo is missing")),
        ("xms-error-responses", "pet_get_pet_by_id", 4, "ServerError", ("int", 123)),
    ],
)  # fmt: skip
def test_errors_have_the_data_of_their_status(
    driver: Driver, document: str, operation: str, number: int, error: str, data: tuple[str, Any]
) -> None:
    raised = driver.outcomes[document, operation][number]
    assert type(raised).__name__ == error
    assert (type(raised.data).__name__, _plain(raised.data)) == data


@pytest.mark.parametrize(
    ("operation", "items"),
    [
        ("paging_get_no_item_name_pages", 1), ("paging_get_empty_next_link_name_pages", 1), ("paging_get_single_pages", 1),
        ("paging_first_response_empty", 1), ("paging_get_multiple_pages", 10), ("paging_get_odata_multiple_pages", 10),
        ("paging_get_multiple_pages_with_offset", 10), ("paging_get_multiple_pages_retry_first", 10),
        ("paging_get_multiple_pages_retry_second", 10), ("paging_duplicate_params", 1), ("paging_page_with_max_page_size", 0),
        ("paging_get_single_pages_failure", "BadRequest"), ("paging_get_multiple_pages_failure", "BadRequest"),
        ("paging_get_multiple_pages_failure_uri", "NotFound"),
    ],
)  # fmt: skip
def test_pages_are_followed_to_the_last(driver: Driver, operation: str, items: int | str) -> None:
    outcome = driver.outcomes["paging", operation][0]
    assert (len(outcome) if isinstance(outcome, list) else type(outcome).__name__) == items
