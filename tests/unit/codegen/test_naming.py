import keyword
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk_codegen.naming import (
    DEVICES,
    MAX_LENGTH,
    NameRequest,
    argument_name,
    argument_name_request,
    class_name,
    field_name,
    field_name_request,
    module_name,
    name_problem,
    operation_module,
    operation_name,
    package_name,
    pascal_case,
    settle,
    settle_modules,
    snake_case,
)
from omicsdk_codegen.runtime import DEPENDENCIES, FAST, FRAMES


@pytest.mark.parametrize(
    ("text", "snake", "pascal"),
    [
        ("createdAt", "created_at", "CreatedAt"),
        ("URLPath", "url_path", "URLPath"),
        ("X-DSS-SHA256", "x_dss_sha256", "XDssSha256"),
        ("es_query", "es_query", "EsQuery"),
        ("getV2Foo", "get_v2_foo", "GetV2Foo"),
        ("URLs", "urls", "URLs"),
        ("respone_type", "respone_type", "ResponeType"),
        ("FOO", "foo", "Foo"),
        ("é", "e", "E"),
        ("1st", "n1st", "N1st"),
        ("", "unnamed", "Unnamed"),
        ("\u2028", "unnamed", "Unnamed"),
        ("ユーザー一覧", "ユーザー一覧", "ユーザー一覧"),
        ("ﾕｰｻﾞｰ Id", "ユーザー_id", "ユーザーId"),
        ("getユーザーIDByName", "getユーザー_id_by_name", "GetユーザーIdByName"),
        ("получитьПользователя", "получить_пользователя", "ПолучитьПользователя"),
        ("Εργαστήριο", "εργαστήριο", "Εργαστήριο"),
        ("تحميل الملف", "تحميل_الملف", "تحميلالملف"),
        ("ｇｅｔＵｓｅｒ", "get_user", "GetUser"),
        ("Straße Ærø", "strasse_aero", "StrasseAero"),
        ("हिन्दी", "हिन्दी", "हिन्दी"),
        ("٣ ملفات", "n٣_ملفات", "N٣ملفات"),
        ("price €", "price_eur", "PriceEur"),
        ("a\u202eb\u200d\ufe0f\u3164c", "abc", "Abc"),
        ("x\u0301\u0327y", "xy", "Xy"),
        ("a–b‿c·d", "a_b_c_d", "ABCD"),
        ("სახელი", "სახელი", "სახელი"),
    ],
)
def test_names_are_spelled_as_python_spells_them(text: str, snake: str, pascal: str) -> None:
    assert snake_case(text) == snake
    assert pascal_case(text) == pascal


# Letters, marks, signs and what is invisible or runs from right to left, of many scripts.
TEXTS = st.text() | st.text("aB1_-éßµあア゙漢한ᄀŬПйсϊΣعה้ำ्क\u200d\u200e\u202e\ufe0f\u3164①Ⅷﬁ№€ª", max_size=30)


@given(TEXTS)
def test_every_text_becomes_an_identifier(text: str) -> None:
    for make in (argument_name, field_name, operation_name, class_name):
        name = make(text)
        assert name.isidentifier()
        assert unicodedata.normalize("NFKC", name) == name
        assert not any(
            unicodedata.category(char)[0] in "CZ" or "LATIN" in unicodedata.name(char, "")
            for char in name
            if not char.isascii()
        )
        assert not keyword.iskeyword(name)
        assert not name.startswith("_")
        assert text.isascii() <= name.isascii()
    assert operation_name(text) not in DEVICES
    for module in (module_name(class_name(text)), operation_module(operation_name(text))):
        assert module.isidentifier()
        assert module.isascii()
        assert not keyword.iskeyword(module)
        assert module not in DEVICES


@given(st.lists(TEXTS, max_size=6))
def test_names_and_their_modules_are_distinct_files_everywhere(texts: list[str]) -> None:
    names = settle(NameRequest(text, (operation_name(text),)) for text in set(texts)).values()
    modules = settle_modules(names, operation_module)
    assert list(modules) == sorted(names, key=lambda name: (not name.isascii(), name))
    assert len({module.casefold() for module in modules.values()}) == len(
        {unicodedata.normalize("NFD", name) for name in names}
    )
    assert all(module == name for name, module in modules.items() if name.isascii())
    assert all(len(name.encode()) <= MAX_LENGTH for name in (*names, *modules.values()))


def test_a_module_in_ascii_keeps_its_name_whatever_is_transliterated_to_it() -> None:
    modules = settle_modules(["мир", "mir", "日"], operation_module)
    assert modules["mir"] == "mir"
    assert modules["мир"].startswith("mir_")
    assert modules["日"] == "ri"


@pytest.mark.parametrize(
    ("make", "text", "name"),
    [
        (argument_name, "class", "class_"),
        (argument_name, "self", "self_"),
        (argument_name, "max_items", "max_items_"),
        (argument_name, "id", "id"),
        (field_name, "from_dict", "from_dict_"),
        (field_name, "list", "list_"),
        (field_name, "type", "type"),
        (operation_name, "close", "close_"),
        (operation_name, "with_options", "with_options_"),
        (operation_name, "import", "import_"),
        (operation_name, "con", "con_"),
        (class_name, "Any", "Any_"),
        (class_name, "Model", "Model_"),
        (class_name, "Exception", "Exception_"),
        (class_name, "None", "None_"),
        (module_name, "Con", "con_"),
        (module_name, "Import", "import_"),
        (module_name, "Any_", "any_"),
        (module_name, "List", "list_"),
        (module_name, "Foo_3f2a1c", "foo_3f2a1c"),
    ],
)
def test_reserved_names_get_a_trailing_underscore(make: object, text: str, name: str) -> None:
    assert callable(make)
    assert make(text) == name


def test_what_the_document_spells_itself_keeps_its_name() -> None:
    names = settle(
        [NameRequest("/a", ("Foo",)), NameRequest("/b", ("Foo",), exact=True), NameRequest("/c", ("Foo", "FooBar"))]
    )
    assert names["/b"] == "Foo"
    assert names["/c"] == "FooBar"
    assert names["/a"].startswith("Foo_")


def test_two_equal_claims_are_distinguished_by_their_places() -> None:
    names = settle([NameRequest("/a", ("Foo",), exact=True), NameRequest("/b", ("foo",), exact=True)])
    assert len({name.casefold() for name in names.values()}) == 2
    assert all("_" in name for name in names.values())


def named(make: Any, *wires: str) -> list[str]:
    names = settle(make(wire) for wire in wires)
    return [names[wire] for wire in wires]


@pytest.mark.parametrize(
    ("wires", "names"),
    [
        (("id", "@id", "_id", "$id", "id_"), ["id", "at_id", "underscore_id", "dollar_id", "id_underscore"]),
        (("+1", "-1"), ["plus_1", "minus_1"]),
        (("a_b", "a-b", "a.b", "a/b", "aB"), ["a_b", "a_dash_b", "a_dot_b", "a_slash_b", "aB"]),
        (("prefs_cardAging", "prefs/cardAging"), ["prefs_card_aging", "prefs_slash_card_aging"]),
        (("naive", "naïve"), ["naive", "naïve"]),
        (("from_dict", "fromDict"), ["from_dict_", "fromDict"]),
    ],
)
def test_signs_and_spelling_distinguish_fields(wires: tuple[str, ...], names: list[str]) -> None:
    assert named(field_name_request, *wires) == names


def test_arguments_are_distinguished_by_their_position_first() -> None:
    def make(wire: str) -> NameRequest:
        return argument_name_request(wire, "query")

    assert named(make, "until", "Until<") == ["until", "until_query"]
    assert named(make, "Until", "Until<", "Until>") == ["until", "until_less", "until_greater"]


LONG = "get_projects_locations_clusters_node_pools_operations_and_their_errors"
LONG_CLASS = "OBWriteInternationalScheduledResponse6DataInitiationInstructedAmount"


@pytest.mark.parametrize(
    ("candidates", "name"),
    [
        ((LONG,), "get_projects_locations_clusters_operations_and_their_errors"),
        ((LONG_CLASS,), "OBWriteInternationalScheduledDataInitiationInstructedAmount"),
        ((f"{LONG_CLASS}Dict_",), "OBWriteInternationalScheduledInitiationInstructedAmountDict_"),
        (("a" * 80,), "a" * 60),
        (("か゚" * 40,), "か゚" * 10),
        (("日" * 40,), "日" * 20),
    ],
)
def test_a_long_name_is_cut_at_a_word(candidates: tuple[str, ...], name: str) -> None:
    assert settle([NameRequest("/a", candidates)]) == {"/a": name}


def test_long_names_keep_the_words_that_distinguish_them() -> None:
    words = [f"{LONG}_of_{which}_and_so_on_until_it_ends" for which in ("cats", "dogs")]
    assert list(settle(NameRequest(word, (word,)) for word in words).values()) == [
        "get_and_their_errors_of_cats_and_so_on_until_it_ends",
        "get_and_their_errors_of_dogs_and_so_on_until_it_ends",
    ]
    same = [f"{LONG}{'_again' * number}_{LONG}" for number in (20, 21)]
    names = list(settle(NameRequest(word, (word,)) for word in same).values())
    assert all(name.startswith("get_projects_locations_") and name[-7] == "_" for name in names)


_REQUESTS = st.lists(
    st.builds(
        NameRequest,
        st.text("abc/", min_size=1, max_size=4),
        st.lists(
            st.sampled_from(["Foo", "foo", "Bar", "FooBar", "a" * 80, LONG, f"{LONG}_too", LONG_CLASS, "日本" * 20]),
            min_size=1,
            max_size=3,
        ).map(tuple),
        st.booleans(),
    ),
    unique_by=lambda request: request.key,
    max_size=8,
)


@given(_REQUESTS, st.randoms(use_true_random=False))
def test_names_are_distinct_without_case_and_whatever_the_order(requests: list[NameRequest], random: object) -> None:
    names = settle(requests, {"Bar"})
    assert len({name.casefold() for name in names.values()}) == len(requests)
    assert "bar" not in {name.casefold() for name in names.values()}
    assert all(len(name.encode()) <= MAX_LENGTH for name in names.values())
    assert settle(reversed(requests), {"Bar"}) == names


@given(_REQUESTS)
def test_names_hold_still_when_something_unrelated_comes(requests: list[NameRequest]) -> None:
    assert settle([*requests, NameRequest("/new", ("Unrelated",))]) == {**settle(requests), "/new": "Unrelated"}


IMPORTED = [re.split(r"[^\w-]", requirement)[0] for requirement in (*DEPENDENCIES, *FAST, *FRAMES)]


@pytest.mark.parametrize("name", ["class", "json", "labor-registry", "größe", "1a", *IMPORTED])
def test_a_name_that_cannot_be_a_packages_has_a_replacement(name: str) -> None:
    assert name_problem(name)
    assert not name_problem(package_name(name))
