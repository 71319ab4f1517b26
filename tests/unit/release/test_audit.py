"""Vulnerabilities are reported with what repairs them, and not having been reported of any is not taken for having none."""

import json

import pytest


def report(*packages):
    return json.dumps({"dependencies": list(packages), "fixes": []})


def counted(packages, vulnerabilities):
    return f"packages that were looked up: {packages}; known vulnerabilities: {vulnerabilities}"


CLEAN = {"name": "a", "version": "1", "vulns": []}
WEAK = {
    "name": "b",
    "version": "2",
    "vulns": [{"id": "X-1", "fix_versions": ["2.1", "3"]}, {"id": "X-2", "fix_versions": []}],
}
UNKNOWN = {"name": "c", "skip_reason": "not found"}
OURS = {"name": "omicsdk", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("written", "lines", "code"),
    [
        (report(CLEAN, OURS), [counted(1, 0)], 0),
        (report(CLEAN, UNKNOWN, OURS), ["not known to the service: c", counted(1, 0)], 0),
        (
            report(CLEAN, WEAK),
            ["b 2: X-1, repaired in 2.1, 3", "b 2: X-2, not repaired yet", counted(2, 2)],
            1,
        ),
        (report(UNKNOWN, OURS), ["the service knows none of 1 packages", "Nothing is known."], 4),
    ],
)
def test_what_was_found(written, lines, code):
    from audit import judged

    assert judged(written, "") == (lines, code)


def test_a_service_that_cannot_be_reached():
    from audit import judged

    lines, code = judged("", "Traceback\n  x\nProxyError: refused\n\n")
    assert lines[0] == "the service couldn't be asked: ProxyError: refused"
    assert code == 4
