"""The command tree of `omics gen3`: nested groups, options before them, and every operation below `api`."""

import sys


def test_options_stand_before_the_words_too(gen3, omics, omics_sandbox, monkeypatch, tmp_path):
    key = str(omics_sandbox.gen3_credentials(tmp_path / "mine.json"))
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    assert gen3("--auth", key, "auth", "endpoint").out == f"{omics_sandbox.gen3_url}\n"
    assert gen3("auth", f"--auth={key}", "endpoint").code == 0
    assert gen3("--output", "jsonl", "--auth", key, "whoami").out.count("\n") == 1
    assert gen3("--auth", "gone", "whoami", "--auth", key).code == 0
    script = "import os; raise SystemExit(len(os.environ['GEN3_TOKEN']) < 9)"
    assert gen3("--auth", key, "run", sys.executable, "-c", script).code == 0
    unknown = gen3("--aut", key, "whoami")
    assert (unknown.code, "--auth" in unknown.err) == (2, True)
    assert gen3("--auth").code == 2
    assert gen3("--auth", key).out.startswith("Usage: omics gen3")


def test_metadata_is_changed_at_the_address_for_that(gen3):
    made = gen3("api", "metadata", "create", "--guid", "dg.1/x", "--body", '{"a": 1}')
    assert made.code == 0, made.err
    assert gen3("api", "metadata", "get", "--guid", "dg.1/x").json == {"a": 1}
    planned = gen3("api", "metadata", "delete", "--guid", "dg.1/x", "--dry-run").json
    assert "/mds-admin/metadata/dg.1/x" in planned["url"]
    assert gen3("api", "metadata", "delete", "--guid", "dg.1/x").code == 0
    assert gen3("api", "metadata", "get", "--guid", "dg.1/x").code == 1


def test_help_states_what_exists_and_what_is_not(gen3):
    told = gen3("--help").out
    for said in ("drs-pull", "discovery", "nih, pfb and users"):
        assert said in " ".join(told.split())
    assert "read" in gen3("objects", "manifest", "--help").out
    assert "--output-file" in gen3("objects", "manifest", "read", "--help").out
