"""YAML is read within bounds, and nowhere else than where they are."""

import ast
from pathlib import Path
from typing import Any

import omicsdk
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.yaml_text import MAX_DEPTH, MAX_VALUES, YamlFault, read_yaml
from omicsdk_codegen import limits

yaml = pytest.importorskip("yaml")

LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
TEXT = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(VALUES)
def test_what_is_written_is_read(value: Any) -> None:
    assert read_yaml(yaml.safe_dump(value, allow_unicode=True)) == value


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (LAUGHS, 7, "line 7: its aliases expand to more than 1,000,000 values"),
        ("a: &a {x: 1}\n" + "".join(f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 10))
         .replace("*m0", "*a"), 7, "its aliases expand to"),
        ("[" * 101 + "]" * 101, 1, "line 1: it nests deeper than 100 levels"),
        ("[" * 100_000, 1, "nests deeper"),
        ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 120)), 100, "nests deeper"),
        ("a: 1\nb: &b [*b]", 2, "line 2: the alias *b refers to a value that contains it"),
        ("a: 1\nb: *c", 2, "it is not YAML: line 2: found undefined alias"),
        ("a: [", 1, "it is not YAML: line 1"),
        ("a: \0", None, "it is not YAML: "),
        ("a: !!bool maybe", None, "it is not YAML: a value does not match its form or tag"),
        ("a: !!python/object/apply:os.system [ls]", 1, "could not determine a constructor"),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused_with_its_line(text: str, line: int | None, problem: str) -> None:
    for given_as in (text, text.encode()):
        with pytest.raises(YamlFault) as raised:
            read_yaml(given_as)
        assert problem in str(raised.value)
        assert raised.value.line == line


def test_aliases_within_bounds_are_read() -> None:
    assert read_yaml("a: &a [1]\nb: {<<: {c: *a}, d: *a}\n") == {"a": [1], "b": {"c": [1], "d": [1]}}


@pytest.mark.parametrize(
    "text", ["NO", "on", "012", "-0o17", "0b1", "1_000", "1_0.5", "22:22", "1:2.5", "1e5", "2020-01-02", "="]
)
def test_what_versions_of_yaml_read_differently_is_a_text(text: str) -> None:
    assert read_yaml(f"{text}: [{text}]") == {text: [text]}


def test_what_all_versions_of_yaml_read_alike_has_its_value() -> None:
    values = read_yaml("[true, FALSE, 0, -12, +7, 0x1F, 1.5, -2., .5, 1.0e+3, ~, NULL, -.inf]")
    assert values == [True, False, 0, -12, 7, 31, 1.5, -2.0, 0.5, 1000.0, None, None, float("-inf")]


def test_scalars_are_those_of_pyyaml_where_that_reads_them() -> None:
    assert read_yaml("2020-01-02", as_pyyaml=True).year == 2020
    assert read_yaml("[NO, 012]", as_pyyaml=True) == [False, 10]


def test_the_generators_bounds_are_the_same() -> None:
    assert (limits.MAX_DEPTH, limits.MAX_COPIED) == (MAX_DEPTH, MAX_VALUES)


def test_nothing_else_loads_yaml() -> None:
    root = Path(omicsdk.__file__).parent
    loading = {
        file.relative_to(root).as_posix()
        for file in root.rglob("*.py")
        if "yaml" in (text := file.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and node.attr
        in ("safe_load", "safe_load_all", "full_load", "load", "load_all", "unsafe_load", "CSafeLoader", "SafeLoader")
        and isinstance(node.value, ast.Name)
        and "yaml" in node.value.id
    }
    assert loading <= {"core/yaml_text.py"}
