"""Command lines to complete, and what is suggested for each."""

import pytest

CASES = pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("wid",), {"widgets"}),
        (("widgets", "get-w"), {"get-widget", "get-widgets"}),
        (("--output", "jsonl", "widgets", "put"), {"put-widget"}),
        (("--output", ""), {"json", "jsonl", "table", "tsv"}),
        (("widgets", "get-widget", "--re"), {"--replica"}),
        (("widgets", "get-widget", "--replica", ""), {"aws", "gcp"}),
        (("widgets", "get-widget", "--presignedurls", "t"), {"true"}),
        (("widgets", "get-widget", "--uuid", "x"), set()),
        (("store", "api", "sh"), {"shelves"}),
        (("store", "api", "shelves", "head"), {"head-widget"}),
        (("completion", "z"), {"zsh"}),
        (("help", "exi"), {"exit-codes"}),
        (("help", "top"), {"topics"}),
        (("help", "wid"), {"widgets"}),
        (("help", "hel"), set()),
        (("help", "widgets", "get-w"), {"get-widget", "get-widgets"}),
        (("--quiet", "help", "store", "api", "sh"), {"shelves"}),
        (("he",), {"help"}),
    ],
)
