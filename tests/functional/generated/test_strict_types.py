"""What is generated has strict types: both checkers find nothing in packages of documents with every kind of type."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from generated_package import generate as generate
from omicsdk_codegen import render
from omicsdk_codegen.options import AS_TEXT, DATES, NATIVE, TypeOptions

ROOT = Path(__file__).parents[3]

CAT = {"$ref": "#/components/schemas/Cat"}
PET = {"$ref": "#/components/schemas/Pet"}
TEXT = {"type": "string"}
DAY = {"type": "string", "format": "date"}
KINDS: dict[str, Any] = {
    "base": PET,
    "base_or_null": {"oneOf": [PET, {"type": "null"}]},
    "base_or_text": {"oneOf": [PET, TEXT]},
    "bases": {"type": "array", "items": PET},
    "bases_by_name": {"type": "object", "additionalProperties": PET},
    "bases_in_lists": {"type": "array", "items": {"type": "array", "items": PET}},
    "cat": CAT,
    "cat_or_cats": {"oneOf": [CAT, {"type": "array", "items": CAT}]},
    "cat_or_dog": {"oneOf": [CAT, {"$ref": "#/components/schemas/Dog"}]},
    "cats_or_text": {"oneOf": [{"type": "object", "additionalProperties": CAT}, TEXT]},
    "day_or_null": {"oneOf": [DAY, {"type": "null"}]},
    "days": {"type": "array", "items": DAY},
    "text": TEXT,
    "word": {"enum": ["a", "b"]},
    "anything": {},
    "pair": {"type": "array", "prefixItems": [TEXT, PET], "maxItems": 2},
    "row": {"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": CAT},
    "pair_or_text": {"oneOf": [{"type": "array", "prefixItems": [TEXT, CAT], "items": False}, TEXT]},
    "pairs": {"type": "array", "items": {"type": "array", "prefixItems": [TEXT, DAY], "items": False}},
    "account": {"$ref": "#/components/schemas/Account"},
    "native": {"$ref": "#/components/schemas/Native"},
    "keys": {"type": "array", "items": {"type": "string", "format": "byte"}},
    "named": {"$ref": "#/components/schemas/Named"},
    "labelled": {"type": "object", "properties": {"name": TEXT}, "additionalProperties": TEXT},
}


def _pet(**properties: Any) -> dict[str, Any]:
    return {"allOf": [PET, {"type": "object", "properties": properties}]}


def _json(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


# Errors whose classes have a body of their own, and of each kind of type.
ERRORS: dict[str, Any] = {
    "404": _json(CAT),
    "409": _json({"oneOf": [PET, {"type": "null"}]}),
    "412": _json(KINDS["days"]),
    "413": _json(KINDS["bases_by_name"]),
    "422": _json({"$ref": "#/components/schemas/NotFound"}),
    "423": _json({"type": "object", "properties": {"why": TEXT}}),
    "503": _json(TEXT),
    "5XX": _json({"type": "integer"}),
    "default": _json({"$ref": "#/components/schemas/Dog"}),
}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        f"/{name}": {
            "get": {
                "operationId": f"get_{name}",
                "tags": ["zoo.texts"] if name == "text" else [],
                "responses": {"200": _json(schema), **(ERRORS if name == "cat" else {})},
            },
            "put": {
                "operationId": f"put_{name}",
                "tags": ["text"] if name == "text" else [],
                "requestBody": {"content": {"application/json": {"schema": schema}}},
                "responses": {"204": {"description": ""}},
            },
        }
        for name, schema in {**KINDS, "all": {"$ref": "#/components/schemas/All"}}.items()
    },
    "x-omics-webhook-signature": {"scheme": "standard"},
    "x-omics-webhook-event": {"field": "type"},
    "x-speakeasy-retries": {"strategy": "backoff", "statusCodes": ["5XX", 429]},
    "webhooks": {
        name: {"post": {"requestBody": _json(schema), "responses": {"200": {"description": ""}}}}
        for name, schema in KINDS.items()
    },
    "components": {
        "schemas": {
            "Pet": {"type": "object", "discriminator": {"propertyName": "kind"}, "properties": {"kind": TEXT}},
            "Cat": _pet(claws={"type": "integer"}),
            "Dog": _pet(tricks={"type": "array", "items": TEXT}),
            "NotFound": {"type": "object", "properties": {"APIError": {"$ref": "#/components/schemas/NotFound"}}},
            "Native": {
                "type": "object",
                "properties": {
                    form.replace("-", "_"): {"type": "string", "format": form}
                    for form in ("uuid", "decimal", "byte", "duration", "time", "int64", "date-time")
                },
            },
            "UUID": {"type": "object", "properties": {"Decimal": {"$ref": "#/components/schemas/UUID"}}},
            "Named": {"type": "object", "properties": {"name": TEXT}, "additionalProperties": PET},
            "Account": {
                "type": "object",
                "required": ["id", "password"],
                "properties": {
                    "id": {"type": "string", "readOnly": True},
                    "password": {"type": "string", "writeOnly": True},
                    "parent": {"$ref": "#/components/schemas/Account"},
                },
            },
            "All": {"type": "object", "properties": KINDS},
        }
    },
}


PROGRAM = """\
from collections.abc import Mapping
from typing import Literal, assert_type

from PACKAGE import APIError, AsyncThingApi, Gone, NotFound, ServiceUnavailable, ThingApi, Unprocessable, models, webhooks
from PACKAGE.choices import AllWord as Word
from PACKAGE.errors import Locked
from PACKAGE.groups.text import TextGroup
from PACKAGE.models import Account, AccountRequest, Cat, Dog, LockedData, Named, Pet
from omicsdk.core import errors as core
from omicsdk.core.omit import OMIT


def changes(client: ThingApi, account: Account, named: Named) -> None:
    assert_type(Word.of("a"), Literal["a", "b"])
    assert_type(Word.values(), tuple[Literal["a", "b"], ...])
    client.put_word(body=Word.A)
    client.put_word(body=Word.of(client.get_word()))
    for word in Word.values():
        client.put_word(body=word)
    assert_type(account.parent, Account | None)
    account.parent = None
    client.put_account(password="a", parent=account)
    client.put_account(password="a", parent=AccountRequest("secret", parent=OMIT))
    client.put_account(password="a", parent={"password": "secret"})
    client.put_pair(body=("a", Cat(claws=1)))
    named.name = None
    if named.additional_properties:
        pet = named.additional_properties["a"]
        if isinstance(pet, Pet):
            assert_type(pet.kind, str | None)


def texts(group: TextGroup[ThingApi]) -> str:
    group.put(body="a")
    return repr(group)


async def groups(client: ThingApi, other: AsyncThingApi) -> None:
    texts(client.text)
    assert_type(client.cat.get(), Cat)
    assert_type(await other.cat.get(), Cat)
    assert_type(client.get_cat(), Cat)
    assert_type(client.cat.get.raw().status_code, int)
    assert_type((await other.cat.get.raw()).status_code, int)
    assert_type(client.zoo.texts.get(), str)
    assert_type(await other.zoo.texts.get(), str)
    client.word.put(body=Word.A)
    client.text.put(body=1)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def errors(client: ThingApi) -> int | None:
    try:
        client.get_cat()
    except NotFound as error:
        assert_type(error.data, Cat)
        return error.data.claws
    except Unprocessable as error:
        assert_type(error.data, models.NotFound)
    except Locked as error:
        assert_type(error.data, LockedData)
        assert_type(error.data.why, str | None)
    except (Gone, core.Gone) as error:
        return error.status
    except ServiceUnavailable as error:
        assert_type(error.data, str)
    except APIError as error:
        if isinstance(error.data, Dog):
            assert_type(error.data.tricks, list[str] | None)
        gone = error if isinstance(error, Gone) else None
        assert gone is None or assert_type(gone.data, Dog)
    except core.NotFound as error:
        return error.status
    return None


def received(body: bytes, headers: Mapping[str, str]) -> int | None:
    event = webhooks.unwrap(body, headers, ["whsec_a", b"key"], tolerance=60)
    if isinstance(event, Cat):
        return assert_type(event.claws, int | None)
    assert_type(webhooks.parse_cat(body), Cat)
    return None
"""


@pytest.mark.types
@pytest.mark.timeout(300)  # two type checkers
@pytest.mark.parametrize(
    "options", [AS_TEXT, TypeOptions(DATES), TypeOptions(NATIVE, open_enums=True)], ids=["text", "dates", "native"]
)
def test_both_checkers_find_nothing(
    generate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: TypeOptions
) -> None:
    if options != AS_TEXT:
        monkeypatch.setattr(render, "_MOST_LISTED", 1)  # as packages of more than a thousand models are written
    package: ModuleType = generate(DOCUMENT, types=options)
    folder = Path(str(package.__file__)).parent
    project = tmp_path / "pyrightconfig.json"
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.replace("PACKAGE", package.__name__))
    strict = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT / "extensions"), str(folder.parent)],
    }
    project.write_text(json.dumps({"include": [str(folder), str(program)], **strict}))
    _passes("basedpyright", "--pythonpath", sys.executable, "-p", str(project))
    _passes(
        "mypy",
        "--strict",
        "--python-version",
        "3.11",
        "--cache-dir",
        str(ROOT / "build" / "mypy"),
        str(program),
        str(folder),
    )


def _passes(module: str, *words: str) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", module, *words],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=Path(words[-1]).parent,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
