import ast
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from omicsdk_codegen.code import Code, as_comment, as_docstring, as_markdown
from omicsdk_codegen.render import render_text
from omicsdk_codegen.texts import clean, literal, one_line, sentence, summary

ANY_TEXT = st.text(st.characters(exclude_categories=()))
NASTY = "\"\"\"\n'''\\N{BULLET}{{ 7*7 }}{% raw %}\\"


@given(ANY_TEXT)
@example(NASTY)
@example('ends with a quote"')
@example("ends with a backslash\\")
@example('"starts with one')
@example('"""')
def test_a_docstring_is_one_statement_that_states_the_text(text: str) -> None:
    code = f"def f():\n    {as_docstring(clean(text), 4)}\n    return\n"
    module = ast.parse(code)
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert len(function.body) == (2 if clean(text) else 1)
    said = ast.get_docstring(function, clean=False) or ""
    visible = "".join(said.split())
    assert visible == "".join(clean(text).split()) or not clean(text)


@given(ANY_TEXT)
@example(NASTY)
def test_a_literal_is_the_text_itself(text: str) -> None:
    code = literal(text)
    assert ast.literal_eval(code) == text
    assert code.isprintable()


@given(ANY_TEXT)
@example("a\u202eb\u200bc\ud800d\x00e\u2028f")
def test_what_cannot_be_seen_is_gone(text: str) -> None:
    for kept in (clean(text), one_line(text), as_comment(text), as_markdown(text), sentence(text), summary(text)):
        assert not {unicodedata.category(char) for char in kept if char != "\n"} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert "\n" not in one_line(text) + as_comment(text) + as_markdown(text)


def test_a_value_that_is_no_literal_is_refused() -> None:
    with pytest.raises(TypeError, match="dict"):
        literal({"a": 1})
    with pytest.raises(TypeError, match="float"):
        literal(float("inf"))


@pytest.mark.parametrize("value", [1.1, -1.2, 1e300, 0, True, None])
def test_a_number_is_written_as_it_is(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


def test_a_template_prints_code_only() -> None:
    with pytest.raises(TypeError, match="str, which is not code"):
        render_text("package.py.jinja", origin=Code("fine"), doc="a document's text")


def test_prose_is_wrapped_again_and_lists_stay() -> None:
    text = "A line\nthat goes on.\n\n- one\n- two **bold**\n\n**Bold** begins\na paragraph."
    assert as_docstring(text, 0).split("\n") == [
        '"""A line that goes on.', "", "- one", "- two **bold**", "", "**Bold** begins a paragraph.", '"""',
    ]  # fmt: skip


def test_a_long_entry_hangs_below_its_name() -> None:
    lines = as_docstring("Args:\n    name: " + "word " * 40, 4).split("\n")
    assert lines[1].startswith("        name: word")
    assert lines[2].startswith("            word")


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (("First sentence. Second.",), "First sentence."),
        (("", None, "Only this"), "Only this"),
        (("One\nparagraph\n\nAnother",), "One paragraph"),
        (("Files, e.g. reads, i.e. FASTQ. More.",), "Files, e.g. reads, i.e. FASTQ."),
        ((), ""),
    ],
)
def test_a_summary_is_the_first_sentence(texts: tuple[object, ...], wanted: str) -> None:
    assert summary(*texts) == wanted


def test_a_long_summary_is_cut_at_a_word() -> None:
    assert len(summary("word " * 100)) <= 120
    assert summary("word " * 100).endswith("word ...")
