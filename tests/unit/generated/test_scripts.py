"""A document in Japanese, Arabic, Greek, Cyrillic and mixed scripts: names keep their letters, modules are in ASCII."""

import importlib
import inspect
import json
import pkgutil
import unicodedata
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from small_documents import document, operation, query, reference

# What the document calls an operation, a schema and a field, and what they are called here.
CALLS = {
    "ユーザー一覧を取得": "ユーザー一覧を取得",
    "ﾕｰｻﾞｰ": "ユーザー",
    "получитьПользователя": "получить_пользователя",
    "Λήψη-Δείγματος": "λήψη_δείγματος",
    "تحميل الملف": "تحميل_الملف",
    "사용자 조회": "사용자_조회",
    "उपयोगकर्ता": "उपयोगकर्ता",
    "get用户ById": "get用户_by_id",
    "мир": "мир",
    "mir": "mir",
    "ｃｌｏｓｅ": "close_",
    "Größe": "grosse",
    "🎉": "tada",
}
SCHEMAS = {
    "ユーザー": "ユーザー",
    "Пользователь": "Пользователь",
    "Pol'zovatel": "PolZovatel",
    "Δείγμα": "Δείγμα",
    "ملف": "ملف",
    "사용자": "사용자",
    "用户Dict": "用户Dict_",
    "Мир": "Мир",
    "Mir": "Mir",
    "Ａｎｙ": "Any_",
}
FIELDS = {
    "名前": "名前",
    "имяФайла": "имя_файла",
    "Όνομα": "όνομα",
    "الاسم": "الاسم",
    "이름": "이름",
    "ｃｌａｓｓ": "class_",
    "naïve": "naïve",
    "naive": "naive",
    "µm": "μm",
    "a\u202eb": "ab",
    "価格 (€)": "価格_eur",
    "１番": "n1番",
}


def _ref(index: int) -> dict[str, Any]:
    return reference(list(SCHEMAS)[index % len(SCHEMAS)])


def _operation(index: int, name: str) -> dict[str, Any]:
    path = {"name": "番号", "in": "path", "required": True, "schema": {"type": "string"}}
    operation_ = operation(_ref(index), operationId=name, parameters=[path, *query(*FIELDS)])
    operation_["responses"]["200"]["description"] = "完了"
    return {**operation_, "requestBody": {"content": operation_["responses"]["200"]["content"]}}


DOCUMENT = document(
    {f"/試料/{index}/{{番号}}": {"post": _operation(index, name)} for index, name in enumerate(CALLS)},
    {
        # Each refers to the next, so that they are one module in a circle; the last is alone.
        name: {
            "type": "object",
            "properties": {
                **{wire: {"type": "string"} for wire in FIELDS},
                "次": {
                    "type": "object",
                    "properties": {"値": _ref(index + 1) if index % 3 else {"type": "string"}},
                },
            },
        }
        for index, name in enumerate(SCHEMAS)
    },
)
DATA = {**{wire: f"<{wire}>" for wire in FIELDS}, "次": {"値": "x"}}


def test_every_file_is_in_ascii_and_distinct_without_case(package: ModuleType) -> None:
    root = Path(str(package.__file__)).parent
    files = [path.relative_to(root).as_posix() for path in root.rglob("*.py")]
    assert all(file.isascii() for file in files)
    assert len({file.casefold() for file in files}) == len(files)
    assert len(list((root / "operations").glob("*.py"))) == len(CALLS) + 1
    assert (root / "operations" / "poluchit_polzovatelya.py").is_file()
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(info.name)


def test_names_keep_their_letters(package: ModuleType) -> None:
    models = importlib.import_module(f"{package.__name__}.models")
    assert set(SCHEMAS.values()) < set(models.__all__)
    for name in SCHEMAS.values():
        assert getattr(models, name).__name__ == name
    fields = [attribute.name for attribute in models.ユーザー.__attrs_attrs__]
    assert [name for name in fields if name in FIELDS.values()] == list(FIELDS.values())
    assert {name for name in dir(package.ThingApi) if name in CALLS.values()} == set(CALLS.values())
    for name in (*models.__all__, *fields, *CALLS.values()):
        assert unicodedata.normalize("NFKC", name) == name


def test_every_operation_is_called_with_every_argument(package: ModuleType) -> None:
    sent: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={**json.loads(request.content), "次": {"値": "x"}})

    client = package.ThingApi("https://thing.example", transport=httpx.MockTransport(response))
    commands = json.loads((Path(str(package.__file__)).parent / "commands.json").read_text())
    assert {row["name"] for row in commands} == set(CALLS.values())
    for row in commands:
        arguments = {parameter["python"]: f"<{parameter['name']}>" for parameter in row["parameters"]}
        body = next(
            (
                parameter["python"]
                for parameter in row["parameters"]
                if parameter["type"] == "object" and parameter["name"] == "body"
            ),
            None,
        )
        arguments |= {body: DATA} if body else {}
        operation = getattr(client, row["name"])
        assert next(iter(inspect.signature(operation).parameters)) == "番号"
        assert operation(**arguments).to_dict() == DATA
        assert sent[-1].url.path.endswith("/<番号>")
        assert dict(sent[-1].url.params) == {wire: f"<{wire}>" for wire in FIELDS}


def test_source_calls_them_as_it_is_typed(package: ModuleType) -> None:
    """Python reads names in NFKC, so full-width letters and accents that are letters of their own name the same."""
    client = package.ThingApi(
        "https://thing.example", transport=httpx.MockTransport(lambda _: httpx.Response(200, json=DATA))
    )
    for source in (
        "client.ユーザー(番号='1').名前",
        unicodedata.normalize("NFD", "client.ユーザー(番号='1').名前"),
        "client.ﾕｰｻﾞｰ(番号='1').名前",
    ):
        assert eval(source, {"client": client}) == "<名前>"
