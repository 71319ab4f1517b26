"""Additions of OpenAPI 3.2 to 3.1 are supported, or reported as unsupported."""

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module, invalidate_caches
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core import DecodeError, UsageError
from omicsdk_codegen.faults import DocumentError
from omicsdk_codegen.generate import GeneratedPackage, make_package
from omicsdk_codegen.load import load
from omicsdk_codegen.project import files_around
from omicsdk_codegen.resolve import resolve
from omicsdk_codegen.write import write_files
from recording_network import RecordingNetwork

Make = Callable[..., GeneratedPackage]
Imported = Callable[[GeneratedPackage], ModuleType]
_NUMBERS = count()
HEAD = "openapi: 3.2.0\ninfo: {title: Thing, version: '1'}\n"
PETS = """\
  schemas:
    Pet:
      oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}, {$ref: "#/components/schemas/Other"}]
      discriminator: {propertyName: kind, mapping: {cat: "#/components/schemas/Cat"}, defaultMapping: Other}
    Cat: {type: object, properties: {kind: {type: string}, lives: {type: integer}}}
    Dog: {type: object, properties: {kind: {type: string}, lives: {type: integer}}}
    Other: {type: object, required: [name], properties: {name: {type: string}}}
"""


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a package of a document and the files beside it."""

    def make(
        text: str, *, tags: tuple[str, ...] = (), refs: Path | None = None, strict: bool = False, **files: str
    ) -> GeneratedPackage:
        folder = tmp_path / "spec"
        folder.mkdir(exist_ok=True)
        for name, content in {"api": text, **files}.items():
            path = folder / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        origin = "Generated for a test."
        return make_package(folder / "api.yaml", (), "thing", origin=origin, selectors=tags, refs=refs, strict=strict)

    return make


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Imported]:
    """Write a package, and import it."""
    names: list[str] = []

    def imported(made: GeneratedPackage) -> ModuleType:
        names.append(f"of_3_2_{next(_NUMBERS)}")
        write_files(tmp_path / names[-1], made.files)
        monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
        invalidate_caches()
        return import_module(names[-1])

    yield imported
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[name]


def sent_by(package: Any, call: Callable[[Any], object], response: object = None) -> httpx.Request:
    """The request that a call sends."""
    network = RecordingNetwork() if response is None else RecordingNetwork(200, json=response)
    with package.ThingApi(base_url="https://thing.example", transport=network) as client:
        call(client)
    (request,) = network.requests
    return request


def rows(made: GeneratedPackage) -> list[tuple[object, object, object]]:
    return [(row["kind"], row["before"], row["line"]) for row in made.report.rows() if row["kind"] != "group"]


def refused(make: Make, text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        make(text, strict=True)
    return [str(fault).partition("api.yaml:")[2] for fault in caught.value.faults]


def querying(content: str) -> str:
    return f"""{HEAD}paths:
  /find:
    get:
      operationId: find
      parameters:
      - name: filter
        in: querystring
        content: {content}
      responses: {{"204": {{description: Done.}}}}
"""


FORM = """
          application/x-www-form-urlencoded:
            schema:
              type: object
              properties:
                text: {type: string}
                exact: {type: boolean}
                ids: {type: array, items: {type: integer}}
                tags: {type: array, items: {type: string}}
                range: {type: object, properties: {from: {type: integer}}}
                more: {type: object}
            encoding:
              tags: {style: form, explode: false}
              range: {style: deepObject, explode: true}"""


def test_a_whole_query_that_is_a_form(make: Make, imported: Imported) -> None:
    made = make(querying(FORM))
    package: Any = imported(made)
    value = {
        "text": "a + b&c", "exact": True, "ids": [1, 2], "tags": ["x", "y,z"], "range": {"from": 3}, "more": {"k": 1},
    }  # fmt: skip
    request = sent_by(package, lambda client: client.find(filter=value))
    assert request.url.query == (
        b"text=a+%2B+b%26c&exact=true&ids=1&ids=2&tags=x,y%2Cz&range%5Bfrom%5D=3&more=%7B%22k%22%3A+1%7D"
    )
    model = import_module(f"{package.__name__}.models").FindFilter.from_dict({"text": "é"})
    assert sent_by(package, lambda client: client.find(filter=model)).url.query == b"text=%C3%A9"
    assert sent_by(package, lambda client: client.find()).url.query == b""
    assert rows(made) == []
    with pytest.raises(UsageError, match="filter cannot be sent: it has no fields"):
        sent_by(package, lambda client: client.find(filter="text"))


def test_a_whole_query_that_is_json_or_text(make: Make, imported: Imported) -> None:
    as_json = imported(
        make(
            querying(
                "{application/json: {schema: {type: object, properties: {n: {type: array, items: {type: integer}}}}}}"
            )
        )
    )
    request = sent_by(as_json, lambda client: client.find(filter={"n": [1, 2]}))
    assert request.url.query == b"%7B%22n%22:%5B1,2%5D%7D"
    as_text = imported(make(querying("{application/jsonpath: {schema: {type: string}}}")))
    request = sent_by(as_text, lambda client: client.find(filter="$.a[?(@.b > 1)]&x=y#z"))
    assert request.url.query == b"$.a%5B%3F(@.b%20%3E%201)%5D%26x%3Dy%23z"


def test_a_whole_query_stands_alone(make: Make) -> None:
    beside = "      - {name: page, in: query, schema: {type: integer}}\n"
    text = querying(FORM)
    assert refused(make, text.replace("      responses", f"{beside}      responses")) == [
        "9: the parameter filter is the whole query string (in: querystring), beside in: query (page) "
        "(/paths/~1find/get/parameters/0/in). State the one or the other."
    ]
    another = "      - {name: other, in: querystring, content: {application/json: {schema: {}}}}\n"
    assert (
        "the parameter other is the whole query string (in: querystring), beside another one (filter)"
        in refused(make, text.replace("      responses", f"{another}      responses"))[0]
    )
    above = text.replace("    get:", f"    parameters:\n{beside[2:]}    get:")
    assert "beside in: query (page)" in refused(make, above)[0]
    assert "beside in: query (q)" in refused(make, text.replace("/find:", "/find{?q}:"))[0]
    assert "beside the query of its path" in refused(make, text.replace("/find:", "/find?fixed=1:"))[0]


def test_a_whole_query_without_content_is_a_form(make: Make, imported: Imported) -> None:
    text = querying("{}").replace("content: {}", "schema: {type: object, properties: {a: {type: string}}}")
    made = make(text)
    assert sent_by(imported(made), lambda client: client.find(filter={"a": "b"})).url.query == b"a=b"
    assert rows(made) == [("repair", "a whole query without content", 8)]


def test_query_is_sent_again_and_other_methods_are_not(make: Make, imported: Imported) -> None:
    responses = 'responses: {"204": {description: Done.}}'
    more = f"additionalOperations: {{COPY: {{operationId: copy, {responses}}}, Purge: {{operationId: purge, {responses}}}}}"
    made = make(f"{HEAD}paths:\n  /a:\n    query: {{operationId: ask, {responses}}}\n    {more}\n")
    package = imported(made)
    requests = {
        name: import_module(f"{package.__name__}.operations.{name}").build() for name in ("ask", "copy", "purge")
    }
    assert {name: (request.method, request.idempotent) for name, request in requests.items()} == {
        "ask": ("QUERY", True), "copy": ("COPY", False), "purge": ("Purge", False),
    }  # fmt: skip
    assert rows(made) == []


def of_self(address: str, reference: str) -> str:
    schema = (
        f'{{type: object, properties: {{own: {{$ref: "#/components/schemas/Own"}}, far: {{$ref: "{reference}"}}}}}}'
    )
    return f"""openapi: 3.2.0
$self: {address}
info: {{title: Thing, version: '1'}}
paths:
  /a:
    get: {{operationId: get, responses: {{"200": {{description: "", content: {{application/json: {{schema: {schema}}}}}}}}}}}
components: {{schemas: {{Own: {{type: object, properties: {{a: {{type: string}}}}}}}}}}
"""


PART = "Far: {type: object, properties: {b: {type: string}}}\n"


@pytest.mark.parametrize(
    ("address", "reference"),
    [
        ("https://api.example/v1/api.yaml", "https://api.example/v1/api.yaml#/components/schemas/Own"),
        ("https://api.example/v1/api.yaml", "api.yaml#/components/schemas/Own"),
        ("https://api.example/v1/api.yaml", "#/components/schemas/Own"),
        ("https://api.example/v1/api.yaml", "parts.yaml#/Far"),
        ("urn:thing:api", "urn:thing:api#/components/schemas/Own"),
        ("urn:thing:api", "parts.yaml#/Far"),
        ("/elsewhere/api", "parts.yaml#/Far"),
        ("below/api.yaml", "inner.yaml#/Far"),
        ("below/api.yaml", "../parts.yaml#/Far"),
    ],
)
def test_references_are_relative_to_self(make: Make, address: str, reference: str) -> None:
    made = make(of_self(address, reference), parts=PART, below__inner=PART)
    assert rows(made) == []
    assert "models/far.py" in made.files or reference.endswith("Own")
    assert made.package.document["components"]


def test_self_is_searched_among_copies_of_the_web(make: Make, tmp_path: Path) -> None:
    copy = tmp_path / "refs" / "api.example" / "v1" / "parts.yaml"
    copy.parent.mkdir(parents=True)
    copy.write_text(PART.replace("b:", "copied:"))
    made = make(of_self("https://api.example/v1/api.yaml", "parts.yaml#/Far"), parts=PART, refs=tmp_path / "refs")
    assert "copied" in made.files["models/far.py"]


def test_self_states_what_is_fetched_and_requested(tmp_path: Path) -> None:
    spec = tmp_path / "api.yaml"
    spec.write_text(of_self("https://api.example/v1/api.yaml", "parts.yaml#/Far"))
    fetched: list[str] = []
    hosts: list[list[str]] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return PART.encode()

    def ask(shown: Sequence[str]) -> bool:
        hosts.append(list(shown))
        return True

    resolve(load(spec), allow_urls=["https://api.example/v1"], fetch=fetch)
    resolve(load(spec), ask=ask, fetch=fetch)
    assert fetched == ["https://api.example/v1/parts.yaml"] * 2
    assert hosts == [["https://api.example"]]


def test_what_self_cannot_reach_is_refused_and_what_is_none_is_reported(make: Make) -> None:
    far = of_self("https://api.example/v1/api.yaml", "missing.yaml#/Far")
    (fault,) = refused(make, far)
    assert "it refers to missing.yaml#/Far, which is on the network" in fault
    old = make(of_self("https://api.example/api.yaml", "parts.yaml#/Far").replace("3.2.0", "3.1.0"), parts=PART)
    assert rows(old) == [("omission", "'https://api.example/api.yaml'", 2)]
    assert rows(make(of_self("[]", "parts.yaml#/Far"), parts=PART)) == [("omission", "a list of 0", 2)]
    fragment = make(of_self("'https://api.example/api.yaml#x'", "parts.yaml#/Far"), parts=PART)
    assert rows(fragment) == [("repair", "'https://api.example/api.yaml#x'", 2)]


TAGS = (
    HEAD
    + """tags:
- {name: animals, summary: All animals, kind: nav}
- {name: cats, parent: animals}
- {name: dogs, parent: animals, summary: "Dogs & puppies"}
- {name: beta, kind: badge}
- {name: lost, parent: nowhere}
- {name: up, parent: down}
- {name: down, parent: up}
paths:
  /cats: {get: {operationId: cats, tags: [beta, cats], responses: {"204": {description: Done.}}}}
  /dogs: {get: {operationId: dogs, tags: [dogs], responses: {"204": {description: Done.}}}}
  /all: {get: {operationId: all_of, tags: [animals], responses: {"204": {description: Done.}}}}
  /other: {get: {operationId: other, responses: {"204": {description: Done.}}}}
webhooks:
  barked: {post: {tags: [dogs], requestBody: {content: {application/json: {schema: {type: object, properties: {a: {}}}}}}, responses: {}}}
  moved: {post: {tags: [lost], requestBody: {content: {application/json: {schema: {type: string}}}}, responses: {}}}
x-omics-webhook-signature: false
"""
)


def test_tags_below_others_group_operations(make: Make) -> None:
    made = make(TAGS)
    text = files_around(made.package, "thing", Path("thing.yaml"))["README.md"]
    lines = [line for line in text.splitlines() if line.startswith(("#", "- "))]
    assert lines[lines.index("## Operations") :] == [
        "## Operations",
        "### All animals",
        "- `all_of()`: `GET /all`.",
        "### All animals / cats",
        "- `cats()`: `GET /cats`.",
        "### All animals / Dogs & puppies",
        "- `dogs()`: `GET /dogs`.",
        "### Others",
        "- `other()`: `GET /other`.",
        "## Webhooks and callbacks",
        "- `parse_barked(body)`, a `BarkedBody`: POST of the webhook barked.",
        "- `parse_moved(body)`, a `str`: POST of the webhook moved.",
        "## Tests",
    ]


def test_a_parent_that_is_none_is_reported(make: Make) -> None:
    notes = [(row["before"], row["after"], row["line"]) for row in make(TAGS).report.rows()]
    assert notes == [
        ("'nowhere'", "parent is left out: there is no tag of that name", 8),
        ("'down'", "parent is left out: up would be above itself", 9),
    ]


def test_a_tag_is_all_that_stand_below_it(make: Make) -> None:
    made = make(TAGS, tags=("animals",))
    assert [operation.name for operation in made.package.operations] == ["all_of", "cats", "dogs"]
    assert made.package.webhooks is not None
    assert [function.name for function in made.package.webhooks.functions] == ["parse_barked"]
    assert [operation.name for operation in make(TAGS, tags=("dogs",)).package.operations] == ["dogs"]


def test_an_unknown_kind_is_what_the_default_mapping_states(make: Make, imported: Imported) -> None:
    response = 'responses: {"200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}'
    made = make(f"{HEAD}paths: {{/a: {{get: {{operationId: get, {response}}}}}}}\ncomponents:\n{PETS}")
    package: Any = imported(made)

    def read(response: object, **how: Any) -> str:
        network = RecordingNetwork(200, json=response)
        with package.ThingApi(base_url="https://thing.example", transport=network, **how) as client:
            return type(client.get()).__name__

    for how in ({}, {"strict": True}):
        assert read({"kind": "cat", "lives": 9}, **how) == "Cat"
        assert read({"kind": "Dog", "lives": 1}, **how) == "Dog"
        assert read({"kind": "fish", "name": "f"}, **how) == "Other"
        assert read({"name": "f"}, **how) == "Other"
    with pytest.raises(DecodeError, match="'name' is None"):
        read({"kind": "fish"}, strict=True)
    assert rows(made) == []
    assert "Other | dict" not in made.files["operations/get.py"]


def test_media_types_are_referred_to(make: Make) -> None:
    text = f"""{HEAD}paths:
  /a:
    get:
      operationId: get
      responses:
        "200": {{description: "", content: {{application/json: {{$ref: "#/components/mediaTypes/Shared"}}}}}}
components:
  mediaTypes:
    Shared:
      schema: {{type: object, properties: {{a: {{type: string}}}}}}
      examples: {{one: {{dataValue: {{a: b}}, serializedValue: '{{"a": "b"}}'}}}}
"""
    made = make(text)
    assert "models/get_response.py" in made.files
    assert rows(made) == []
    before_3_2 = make(text.replace("3.2.0", "3.1.0"))
    assert ("repair", "a $ref in place of a mediaType", 8) in rows(before_3_2)


def test_cookies_of_style_cookie_are_sent_as_they_are(make: Make, imported: Imported) -> None:
    package = imported(
        make(
            f"""{HEAD}paths:
  /a:
    get:
      operationId: get
      parameters:
      - {{name: plain, in: cookie, style: cookie, schema: {{type: string}}}}
      - {{name: many, in: cookie, style: cookie, schema: {{type: array, items: {{type: string}}}}}}
      - {{name: one, in: cookie, style: cookie, explode: false, schema: {{type: array, items: {{type: integer}}}}}}
      - {{name: usual, in: cookie, schema: {{type: string}}}}
      responses: {{"204": {{description: Done.}}}}
"""
        )
    )
    request = sent_by(package, lambda client: client.get(plain="a%20b=/+ c", many=["x", "y"], one=[1, 2], usual="a b"))
    assert request.headers["cookie"] == "plain=a%20b=/+ c; many=x; many=y; one=1,2; usual=a%20b"
    for wrong in ("a; b=c", "a\r\nX: y", "\u00e9"):
        with pytest.raises(UsageError, match="'plain' contains a character that cookies cannot have"):
            sent_by(package, lambda client, wrong=wrong: client.get(plain=wrong))


def test_credentials_of_3_2_are_described(make: Make) -> None:
    made = make(
        f"""{HEAD}servers: [{{url: "https://a.example", name: production}}, {{url: "https://b.example", name: staging}}]
paths: {{/a: {{get: {{operationId: get, responses: {{"204": {{description: Done.}}}}}}}}}}
security: [{{device: []}}]
components:
  securitySchemes:
    old: {{type: apiKey, in: header, name: X-Key, deprecated: true}}
    device:
      type: oauth2
      oauth2MetadataUrl: https://a.example/.well-known/oauth-authorization-server
      flows: {{deviceAuthorization: {{deviceAuthorizationUrl: "https://a.example/device", tokenUrl: "https://a.example/token", scopes: {{}}}}}}
"""
    )
    text = files_around(made.package, "thing", Path("thing.yaml"))["README.md"]
    assert (
        "(device from https://a.example/token, begun at https://a.example/device), whose server is described at" in text
    )
    assert "Deprecated. A key in the header X-Key." in text
    assert "credentials=BearerToken(token)" in text
    client = " ".join(made.files["client.py"].split())
    assert (
        "in place of base_url: production (https://a.example); staging (https://b.example). By default production."
        in client
    )
    assert rows(made) == []


def test_what_is_written_item_by_item_is_reported(make: Make) -> None:
    made = make(
        f"""{HEAD}paths:
  /a:
    post:
      operationId: post
      requestBody:
        content:
          application/jsonl: {{itemSchema: {{type: object}}}}
      responses: {{"200": {{description: "", content: {{multipart/mixed: {{itemSchema: {{type: object}}, itemEncoding: {{contentType: application/json}}}}}}}}}}
  /b:
    post:
      operationId: parts
      requestBody:
        content:
          multipart/form-data:
            schema: {{type: object, properties: {{a: {{type: object, properties: {{b: {{type: string}}}}}}}}}}
            encoding: {{a: {{contentType: multipart/mixed, encoding: {{b: {{}}}}}}}}
            prefixEncoding: [{{}}]
      responses: {{"200": {{description: "", content: {{application/jsonl: {{itemSchema: {{type: object}}}}}}}}}}
"""
    )
    assert rows(made) == [
        ("untyped", "itemSchema of the body as application/jsonl", 9),
        ("omission", "itemEncoding of the response 200 as multipart/mixed", 10),
        ("untyped", "itemSchema of the response 200 as multipart/mixed", 10),
        ("omission", "encoding of the field 'a'", 18),
        ("omission", "prefixEncoding of the body as multipart/form-data", 19),
    ]


def test_nodes_of_xml_change_nothing(make: Make) -> None:
    schema = "{type: object, properties: {a: {type: string, xml: {nodeType: attribute}}}}"
    made = make(
        f"""{HEAD}paths:
  /a:
    get: {{operationId: get, responses: {{"200": {{description: "", content: {{application/xml: {{schema: {schema}}}}}}}}}}}
"""
    )
    assert rows(made) == [("untyped", "response 200 as application/xml", 5)]
