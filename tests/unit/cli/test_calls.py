"""Operations called from the command line: arguments out, answers printed, exit codes."""

import json
import sys

import httpx
import pytest
from omicsdk.cli.parser import call_limits_of
from omicsdk.core import Retry, Timeout, Transport, UsageError

ID = ("--uuid", "u1", "--replica", "aws")


def pages(request: httpx.Request) -> httpx.Response:
    """Three pages of two widgets."""
    at = int(request.url.params.get("start", "0"))
    link = {"link": f'<https://widgets.example/v1/widgets?start={at + 1}>; rel="next"'} if at < 2 else {}
    body = {"page": at, "data": {"widgets": [{"n": 2 * at}, {"n": 2 * at + 1}], "more": True}}
    return httpx.Response(206 if link else 200, json=body, headers=link)


def test_a_response_is_indented_json_in_a_pipe(omics, widgets):
    widgets.response = lambda _: httpx.Response(200, json={"name": "é", "n": 1})
    ran = omics("widgets", "get-widget", *ID)
    assert (ran.code, ran.out, ran.err) == (0, '{\n  "name": "é",\n  "n": 1\n}\n', "")
    assert str(widgets.requests[0].url) == "https://widgets.example/v1/widgets/u1?replica=aws"


@pytest.mark.parametrize(("words", "sent"), [((), "true"), (("true",), "true"), (("False",), "false")])
def test_a_boolean_stands_alone_or_has_a_value(omics, widgets, words, sent):
    assert omics("widgets", "get-widget", *ID, "--presignedurls", *words).code == 0
    assert widgets.requests[0].url.params["presignedurls"] == sent


def test_a_body_is_made_of_words(omics, widgets, tmp_path):
    (tmp_path / "d.json").write_text('{"deep": [1]}')
    ran = omics(
        *("widgets", "put-widget", "--uuid", "u"),
        *("--files", '{"a": 1}', '{"b": 2}', "--files", '{"c": 3}'),
        *("--tags", "5", "x", "--anything", "5", "x", "null"),
        *("--details", f"@{tmp_path / 'd.json'}", "--size", "-3", "--ratio", "0.5"),
    )
    assert ran.code == 0, ran.err
    assert json.loads(widgets.requests[0].content) == {
        "files": [{"a": 1}, {"b": 2}, {"c": 3}],
        "tags": ["5", "x"],
        "anything": [5, "x", None],
        "details": {"deep": [1]},
        "size": -3,
        "ratio": 0.5,
    }


def test_a_body_may_come_from_stdin(omics, widgets):
    ran = omics("widgets", "put-widget", "--uuid", "u", "--files", "@-", typed='\ufeff[{"a": 1}]')
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(widgets.requests[0].content) == {"files": [{"a": 1}]}


def test_an_array_may_be_one_json_array(omics, widgets):
    assert omics("widgets", "put-widget", "--uuid", "u", "--files", '[{"a": 1}, {"b": 2}]').code == 0
    assert json.loads(widgets.requests[0].content) == {"files": [{"a": 1}, {"b": 2}]}


def test_all_pages_are_merged_into_the_first(omics, widgets):
    widgets.response = pages
    ran = omics("widgets", "get-widgets")
    assert ran.json == {"page": 0, "data": {"widgets": [{"n": n} for n in range(6)], "more": True}}
    assert len(widgets.requests) == 3


@pytest.mark.parametrize(
    ("form", "out"),
    [
        ("json", '[\n  {\n    "n": 5\n  },\n  {\n    "n": 4\n  }'),
        ("jsonl", '{"n": 5}\n{"n": 4}\n'),
        ("tsv", "n\n5\n4\n"),
        ("table", " 5\n 4\n 3\n"),
    ],
)
def test_items_of_all_pages_are_sorted_and_cut_to_columns_in_each_form(omics, widgets, form, out):
    def with_secret(request: httpx.Request) -> httpx.Response:
        body = json.loads(pages(request).content)
        body["data"]["widgets"] = [{"n": widget["n"], "other": "left out"} for widget in body["data"]["widgets"]]
        return httpx.Response(200, json=body, headers=pages(request).headers.items())

    widgets.response = with_secret
    ran = omics("widgets", "get-widgets", "--columns", "n", "--sort", "n:desc", "--output", form)
    assert (ran.code, ran.err) == (0, "")
    assert out in ran.out
    assert "left out" not in ran.out


def test_a_column_may_have_a_dot_in_its_name(omics, widgets):
    widgets.response = lambda request: httpx.Response(200, json={"page": 0, "data": {"widgets": [{"a.b": 1, "c": 2}]}})
    assert omics("widgets", "get-widgets", "--columns", "a.b", "--output", "jsonl").out == '{"a.b": 1}\n'


@pytest.mark.parametrize("columns", ["n", "n,name"])
def test_columns_of_an_object_are_an_object_whichever_are_chosen(omics, widgets, columns):
    widgets.response = lambda _: httpx.Response(200, json={"n": 1, "name": "a"})
    ran = omics("widgets", "get-widget", *ID, "--columns", columns)
    assert ran.json == {name: {"n": 1, "name": "a"}[name] for name in columns.split(",")}


def test_an_unknown_column_is_usage(omics, widgets):
    widgets.response = pages
    ran = omics("widgets", "get-widgets", "--columns", "m")
    assert (ran.code, ran.out) == (2, "")
    assert "--columns: no item has 'm'. Choose from: n." in ran.err


def test_no_paginate_gives_the_first_page(omics, widgets):
    widgets.response = pages
    assert [w["n"] for w in omics("widgets", "get-widgets", "--no-paginate").json["data"]["widgets"]] == [0, 1]
    assert len(widgets.requests) == 1


def test_the_server_may_name_the_key_of_its_list(omics, widgets):
    def response(request: httpx.Request) -> httpx.Response:
        link = '<https://widgets.example/v1/widgets?start=1>; rel="next"'
        last = "start" in request.url.params
        headers = {"x-openapi-paginated-content-key": "found"}
        return httpx.Response(
            200, json={"found": [len(widgets.requests)]}, headers=headers | ({} if last else {"link": link})
        )

    widgets.response = response
    assert omics("widgets", "get-widgets").json == {"found": [1, 2]}


def test_json_lines_come_page_by_page(omics, widgets):
    widgets.response = pages
    ran = omics("--output", "jsonl", "widgets", "get-widgets")
    assert ran.out == "".join(f'{{"n": {n}}}\n' for n in range(6))


@pytest.mark.parametrize("more", [(), ("--columns", "n")])
@pytest.mark.parametrize("form", ["json", "jsonl", "tsv", "table"])
def test_a_page_is_printed_before_the_next_one_is_requested(omics, widgets, form, more):
    printed: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        printed.append(sys.stdout.buffer.getvalue().decode())
        return pages(request)

    widgets.response = response
    ran = omics("widgets", "get-widgets", "--output", form, *more)
    assert (ran.code, printed[0]) == (0, "")
    assert ["1" in printed[1], "2" in printed[1], "3" in printed[2], "4" in printed[2]] == [True, False, True, False]
    assert ran.out.startswith(printed[2])


def test_a_list_that_fails_in_the_middle_is_no_json(omics, widgets):
    widgets.response = lambda r: httpx.Response(400, json={"title": "no"}) if len(widgets.requests) == 2 else pages(r)
    ran = omics("widgets", "get-widgets")
    assert (ran.code, json.loads(ran.out + "]}}")["data"]) == (1, {"widgets": [{"n": 0}, {"n": 1}]})
    widgets.response = lambda _: httpx.Response(400, json={"title": "no"})
    assert omics("widgets", "get-widgets").out == ""


def test_json_of_all_pages_is_laid_out_as_one_value(omics, widgets):
    rows = [{"n": 1.5, "of": {"a": [1, {}], "b": []}}, {}, {"s": "}, {\x85"}, "text", ["x"], {"n": None}]
    widgets.response = lambda _: httpx.Response(200, json={"data": {"widgets": rows, "more": False}})
    expected = json.dumps({"data": {"widgets": rows, "more": False}}, indent=2, ensure_ascii=False)
    assert omics("widgets", "get-widgets").out == expected.replace("\x85", "\\u0085") + "\n"
    widgets.response = lambda _: httpx.Response(200, json={"data": {"widgets": []}, "n": 1})
    assert omics("widgets", "get-widgets").out == json.dumps({"data": {"widgets": []}, "n": 1}, indent=2) + "\n"


def test_columns_of_later_pages_are_reported(omics, widgets):
    def response(request: httpx.Request) -> httpx.Response:
        page = json.loads(pages(request).content)
        page["data"]["widgets"][1] |= {"late": page["page"]} if page["page"] else {}
        return httpx.Response(200, json=page, headers=pages(request).headers.items())

    widgets.response = response
    ran = omics("widgets", "get-widgets", "--output", "tsv")
    assert ran.out == "n\n0\n1\n2\n3\n4\n5\n"
    assert "Only on later pages, not shown: late. Choose them with --columns" in ran.err
    assert "Not shown: late." in omics("widgets", "get-widgets", tty=True).out
    ran = omics("widgets", "get-widgets", "--output", "tsv", "--columns", "n,late")
    assert (ran.out, ran.err) == ("n\tlate\n0\t\n1\t\n2\t\n3\t1\n4\t\n5\t2\n", "")


def test_a_wider_cell_of_a_later_page_moves_the_rest_of_its_line(omics, widgets):
    def response(request: httpx.Request) -> httpx.Response:
        page = json.loads(pages(request).content)
        page["data"]["widgets"] = [{"name": "n" * 10 * (page["page"] + 1), "size": 7}]
        return httpx.Response(200, json=page, headers=pages(request).headers.items())

    widgets.response = response
    lines = omics("widgets", "get-widgets", tty=True).out.splitlines()
    assert [line for line in lines if "nn" in line] == [f" {'n' * 10 * count}   7" for count in (1, 2, 3)]


def test_what_arrived_before_a_page_failed_is_printed(omics, widgets):
    widgets.response = lambda r: httpx.Response(400, json={"title": "no"}) if len(widgets.requests) == 2 else pages(r)
    ran = omics("--output", "jsonl", "widgets", "get-widgets")
    assert (ran.code, ran.out) == (1, '{"n": 0}\n{"n": 1}\n')


def test_a_query_means_the_same_in_each_form(omics, widgets):
    widgets.response = pages
    words = ("--query", "data.widgets[?n > `1`].n", "widgets", "get-widgets")
    assert omics(*words).json == [2, 3, 4, 5]
    assert omics("--output", "jsonl", *words).out == "2\n3\n4\n5\n"
    assert omics("--output", "tsv", *words).out == "2\n3\n4\n5\n"


def test_a_query_that_selects_nothing_is_reported_once(omics, widgets):
    widgets.response = pages
    for form in ("json", "jsonl"):  # of all pages, and of each one
        ran = omics("--output", form, "--query", "data.widgts", "widgets", "get-widgets")
        assert (ran.code, ran.err) == (0, "omics: --query data.widgts selects nothing of the result\n")
    assert omics("--query", "data.widgets[?n > `9`]", "widgets", "get-widgets").err == ""


def test_an_operations_own_query_wins_after_the_command(omics, widgets):
    widgets.response = pages
    omics("widgets", "get-widgets", "--query", "red things")
    assert widgets.requests[0].url.params["query"] == "red things"


def test_options_that_clash_are_the_operations(omics, widgets):
    words = [w for name in ("help", "output", "debug", "yes", "access-token", "log-level") for w in (f"--{name}", name)]
    ran = omics("widgets", "get-clash", *words)
    assert ran.code == 0, ran.err
    assert set(widgets.requests[0].url.params.values()) == {
        "help",
        "output",
        "debug",
        "yes",
        "access-token",
        "log-level",
    }
    assert "authorization" not in widgets.requests[0].headers
    assert omics("widgets", "get-clash", "-h").out.startswith("Usage: omics widgets get-clash")


def test_one_name_in_two_places_has_two_options(omics, widgets):
    assert omics("widgets", "get-twice", "--id", "a", "--body-id", "5").code == 0
    assert widgets.requests[0].url.params["id"] == "a"
    assert json.loads(widgets.requests[0].content) == {"body_id": 5}


def test_tsv_has_a_header_and_escapes(omics, widgets):
    rows = [{"a": "x\ty", "b": None}, {"a": 1, "c": {"d": [1]}}]
    widgets.response = lambda _: httpx.Response(200, json={"data": {"widgets": rows}})
    ran = omics("widgets", "get-widgets", "--output", "tsv")
    assert ran.out == 'a\tb\tc\nx\\ty\t\t\n1\t\t{"d":[1]}\n'


def test_rows_that_a_query_made_are_columns(omics, widgets):
    widgets.response = lambda _: httpx.Response(200, json={"data": {"widgets": [{"n": 1, "name": "a\tb"}, {"n": 2}]}})
    words = ("--query", "data.widgets[].[n, name]", "widgets", "get-widgets")
    assert omics("--output", "tsv", *words).out == "1\ta\\tb\n2\t\n"
    lines = omics(*words, tty=True).out.split("\n")
    assert any(line.split() == ["1", "a\\x09b"] for line in lines)


@pytest.mark.parametrize("query", ["data.widgets", "@"])
def test_an_empty_list_is_reported_on_a_terminal(omics, widgets, query):
    widgets.response = lambda _: httpx.Response(200, json={"data": {"widgets": []}})
    assert omics("--query", query, "widgets", "get-widgets", tty=True).out.rstrip().endswith("none")


def test_a_terminal_gets_a_table_without_control_characters(omics, widgets):
    widgets.response = lambda _: httpx.Response(
        200, json={"id": 7, "data": {"widgets": [{"name": "\x1b[2Jred", "n": 1}]}}
    )
    out = omics("widgets", "get-widgets", tty=True).out
    assert "data.widgets\x1b[0m\n" in out
    assert "\\x1b[2Jred" in out
    assert "\x1b[2J" not in out


def test_bytes_are_streamed_as_they_are(omics, widgets):
    blob = bytes(range(256)) * 1000
    widgets.response = lambda _: httpx.Response(200, content=blob)
    ran = omics("widgets", "get-blob", "--uuid", "u")
    assert (ran.code, ran.stdout) == (0, blob), ran.err


def test_bytes_that_are_no_text_are_kept_from_a_terminal(omics, widgets):
    widgets.response = lambda _: httpx.Response(200, content=b"\0\1")
    ran = omics("widgets", "get-blob", "--uuid", "u", tty=True)
    assert (ran.code, ran.out) == (2, "")
    assert "> FILE" in ran.err


def test_text_at_a_terminal_ends_its_line(omics, widgets):
    for text, shown in ((b"made", b"made\n"), (b"made\n", b"made\n"), (b"", b"")):
        widgets.response = lambda _, text=text: httpx.Response(200, content=text)
        assert omics("widgets", "get-blob", "--uuid", "u", tty=True).stdout == shown
        assert omics("widgets", "get-blob", "--uuid", "u").stdout == text


def test_an_address_is_printed_as_a_line(omics, widgets):
    widgets.response = lambda _: httpx.Response(200, text="http://h/a", headers={"content-type": "text/uri-list"})
    assert omics("widgets", "get-blob", "--uuid", "u").stdout == b"http://h/a\n"


def test_head_prints_the_headers(omics, widgets):
    widgets.response = lambda _: httpx.Response(200, headers={"X-DSS-SIZE": "12"})
    assert omics("widgets", "head-widget", "--uuid", "u").json["X-DSS-SIZE"] == "12"


def test_an_empty_response_to_a_change_is_one_line_that_confirms_it(omics, widgets):
    widgets.response = lambda _: httpx.Response(204)
    ran = omics("widgets", "delete-widget", "--uuid", "u", "--reason", "r")
    assert (ran.code, ran.out, ran.err) == (0, "", "omics: DELETE /widgets/u: 204 No Content\n")
    assert omics("--quiet", "widgets", "delete-widget", "--uuid", "u", "--reason", "r").err == ""


def test_text_is_printed_as_it_is(omics, widgets):
    widgets.response = lambda _: httpx.Response(200, text="plain\n123")
    assert omics("widgets", "get-widget", *ID).out == "plain\n123"


def test_a_dry_run_sends_nothing(omics, widgets):
    ran = omics("widgets", "delete-widget", "--uuid", "u", "--reason", "old", "--dry-run")
    assert ran.code == 0
    assert ran.json["method"] == "DELETE"
    assert ran.json["url"] == "https://widgets.example/v1/widgets/u"
    assert ran.json["body"] == {"reason": "old"}
    assert widgets.requests == []


@pytest.mark.parametrize(
    ("before", "typed", "sent"), [((), "n\n", 0), ((), "\n", 0), ((), "y\n", 1), (("--yes",), "", 1)]
)
def test_deleting_asks_on_a_terminal(omics, widgets, before, typed, sent):
    ran = omics(*before, "widgets", "delete-widget", "--uuid", "u", "--reason", "r", tty=True, typed=typed)
    assert len(widgets.requests) == sent
    assert ran.code == (0 if sent else 130)
    assert ("[y/N]" in ran.err) == (not before)
    assert ran.err.endswith("omics: cancelled; no request was sent\n") == (not sent)


@pytest.mark.parametrize(("status", "code"), [(400, 1), (401, 4), (403, 4), (404, 1), (409, 1), (422, 1)])
def test_exit_codes_of_refusals(omics, widgets, status, code):
    widgets.response = lambda _: httpx.Response(status, json={"code": "why", "title": "Because\n\x1b[31mred."})
    ran = omics("widgets", "get-widget", *ID)
    assert ran.code == code
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("omics: get_widget: Because")
    assert "\x1b" not in ran.err


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("widgets.example", "does not begin with http:// or https://"),
        ("ftp://widgets.example", "does not begin with http:// or https://"),
        ("https://", "has no host"),
        ("https://widgets.example:99999", "has a port that is no number from 1 to 65535"),
    ],
)
def test_an_invalid_url_names_where_it_stands(omics, widgets, monkeypatch, url, fault):
    ran = omics("--base-url", url, "widgets", "get-widgets")
    assert ran.code == 2
    assert f"--base-url: '{url}' {fault}" in ran.err
    monkeypatch.setenv("OMICS_WIDGETS_URL", url)
    assert f"OMICS_WIDGETS_URL: '{url}' {fault}" in omics("widgets", "get-widgets").err


def test_no_network_is_one_line(omics, widgets, monkeypatch):
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr("omicsdk.core.clock.SystemClock.sleep", lambda *_: None)
    widgets.response = refuse
    ran = omics("--log-level", "ERROR", "widgets", "put-widget", "--uuid", "u", "--files", "{}")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "https://widgets.example/v1/widgets/u" in ran.err


def test_tokens_come_from_the_option_or_the_environment(omics, widgets, monkeypatch):
    monkeypatch.setenv("OMICS_WIDGETS_TOKEN", "from-environment")
    omics("widgets", "head-widget", "--uuid", "u")
    omics("--access-token", "from-option", "widgets", "head-widget", "--uuid", "u")
    assert [r.headers["authorization"] for r in widgets.requests] == ["Bearer from-environment", "Bearer from-option"]


def test_the_base_url_comes_from_the_option_or_the_environment(omics, widgets, monkeypatch):
    monkeypatch.setenv("OMICS_WIDGETS_URL", "http://127.0.0.1:1/env/")
    omics("widgets", "head-widget", "--uuid", "u")
    omics("widgets", "head-widget", "--uuid", "u", "--base-url", "http://127.0.0.1:2/option")
    assert [str(r.url) for r in widgets.requests] == [
        "http://127.0.0.1:1/env/widgets/u",
        "http://127.0.0.1:2/option/widgets/u",
    ]


def test_a_value_that_would_be_another_path_is_usage(omics, widgets):
    ran = omics("widgets", "head-widget", "--uuid", "..")
    assert (ran.code, widgets.requests) == (2, [])
    assert "uuid cannot be '..'" in ran.err


def test_an_interrupt_is_130(omics, widgets):
    def interrupt(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    widgets.response = interrupt
    ran = omics("widgets", "get-widget", *ID)
    assert (ran.code, ran.err) == (130, "omics: interrupted.\n")


def test_debug_shows_a_traceback_without_secrets(omics, widgets):
    widgets.response = lambda _: httpx.Response(404, json={"title": "gone", "token": "canary-123456"})
    ran = omics("--debug", "--access-token", "canary-abcdef1", "widgets", "get-widget", *ID)
    assert "Traceback" in ran.err
    assert "canary" not in ran.err


def test_json_that_is_none_names_the_body(omics, widgets):
    widgets.response = lambda _: httpx.Response(200, text="<html>", headers={"content-type": "application/json"})
    ran = omics("widgets", "get-widget", *ID)
    assert ran.code == 1
    assert "JSON" in ran.err


@pytest.mark.parametrize("options", [(), ("--no-paginate",), ("--output", "jsonl"), ("--output", "tsv")])
@pytest.mark.parametrize(
    "body", [b"{}", b"null", b'"text"', b"5", b'{"data": {"widgets": null}}', b'{"data": []}', b""]
)
def test_a_page_without_its_list_is_an_error_and_no_empty_list(omics, widgets, body, options):
    widgets.response = lambda _: httpx.Response(200, content=body, headers={"content-type": "application/json"})
    ran = omics("widgets", "get-widgets", *options)
    assert (ran.code, ran.out) == (1, "")
    assert "get_widgets: the response's field 'data.widgets' is " in ran.err
    assert ", not a list" in ran.err


PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in &amp; go on</title></head><body>please</body></html>"
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (PAGE, "text/html", "https://widgets.example/v1/widgets/u1 is a web page titled 'Sign in & go on', not JSON"),
        (PAGE, "application/json", "is a web page titled 'Sign in & go on', not JSON"),
        ("<html></html>", "text/html; charset=utf-8", "is a web page, not JSON"),
        (DEEP, "application/json", "is nested too deeply to be read"),
        ("{oops", "application/json", "is '{oops', not JSON"),
        ("{oops", "application/problem+json", "is '{oops', not JSON"),
    ],
)
def test_a_body_that_is_not_json_is_reported_by_its_kind(omics, widgets, content, kind, message):
    widgets.response = lambda _: httpx.Response(200, content=content, headers={"content-type": kind})
    ran = omics("widgets", "get-widget", *ID)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert message in ran.err
    assert "bug in omics" not in ran.err
    listed = omics("widgets", "get-widgets")
    assert (listed.code, message.partition(" is ")[2] in listed.err) == (1, True)


def test_numbers_that_json_has_not_are_printed_as_null(omics, widgets):
    widgets.response = lambda _: httpx.Response(200, content=b'{"n": [NaN, 1.5], "m": {"x": -Infinity}}')
    for layout in ("json", "jsonl"):
        ran = omics("widgets", "get-widget", *ID, "--output", layout)
        assert json.loads(ran.out, parse_constant=lambda name: pytest.fail(name)) == {
            "n": [None, 1.5],
            "m": {"x": None},
        }


def test_options_say_how_long_calls_are_waited_for():
    with call_limits_of({"call-timeout": "5", "call-budget": "30m"}):
        patient = Transport("https://x.example.org")
    with call_limits_of({}):
        usual = Transport("https://x.example.org")
    assert (patient._timeout, patient._manners.retry) == (Timeout(read=5, write=5, body=5), Retry(budget=1800))
    assert (usual._timeout, usual._manners.retry) == (Timeout(), Retry())
    assert (Timeout().read, Timeout().body, Timeout().least_rate, Retry().budget) == (60, 60, 1024, 600)
    for option in ("call-timeout", "call-budget"):
        with pytest.raises(UsageError, match=f"--{option} soon: not a duration"):
            call_limits_of({option: "soon"})
