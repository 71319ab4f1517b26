"""Options of each store: which are known, and which take a text, from the command line and in Python."""

import inspect
from importlib import import_module

import fsspec
import omicsdk
import pytest
from omicsdk.core import UsageError
from omicsdk.fs import STORES, open_store
from shelf_command import omics as omics
from shelf_store import shelf as shelf

UNKNOWN = ["scheme", "options", "self", "cls", "kind", "name", "nonsense", "a b", "class", "__init__"]
CONFUSABLE = {"gen3": "base_url", "sb": "base_url", "s3": "profile", "drs": "token"}


def options_of(scheme):
    module, _, name = STORES[scheme].partition(":")
    return inspect.signature(getattr(import_module(module), name)).parameters


WALKED = sorted(STORES)
OPTIONS = [(scheme, name) for scheme in WALKED for name in options_of(scheme)]
WITHOUT_TEXT = {
    (scheme, name)
    for scheme, name in OPTIONS
    if name in ("client", "clock", "session", "sse_c_key", "servers", "settings", "commons", "credentials")
}


def ways(scheme, name):
    """Return what opens a store with the option `http`."""
    yield lambda: open_store(scheme, **{name: "http"})
    uri = "x" if scheme == "file" else f"{scheme}://x"
    if name != "uri":
        yield lambda: omicsdk.open(uri, **{name: "http"})
    if scheme not in ("s3", "gs", "file", "http", "https") and name not in (
        "self",
        "cls",
    ):  # those file systems are fsspec's, as the two names
        yield lambda: fsspec.filesystem(scheme, **{name: "http"})


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("scheme", WALKED)
def test_unknown_options_are_named_with_the_known_ones(omics, scheme, name):
    for option in dict.fromkeys((name, CONFUSABLE.get(scheme, name))):
        code, out, err = omics("ls", "--option", f"{scheme}.{option}=http", ".")
        assert (code, out) == (2, b"")
        assert f"{scheme}.{option}: unknown option" in err
        assert all(known_option in err for known_option in options_of(scheme))
        for way in ways(scheme, option):
            with pytest.raises(UsageError, match="unknown option") as raised:
                way()
            assert isinstance(raised.value, TypeError)


@pytest.mark.parametrize(("scheme", "name"), OPTIONS)
def test_a_text_is_accepted_where_the_store_reads_one(omics, scheme, name):
    code, _, err = omics(
        "stat", "--option", f"{scheme}.{name.replace('_', '-')}={'.' if scheme == 'file' else 'true'}", "."
    )
    if (scheme, name) not in WITHOUT_TEXT:
        assert code == 0, err
        return
    assert code == 2
    assert f"{scheme}.{name}: a text cannot be its value" in err
    for way in ways(scheme, name):
        with pytest.raises(UsageError, match="a text cannot be its value"):
            way()


def test_a_switch_takes_true_or_false(omics):
    code, _, err = omics("ls", "--option", "s3.anonymous=no", ".")
    assert (code, "s3.anonymous: invalid value 'no'. Use true or false." in err) == (2, True)
    with pytest.raises(UsageError, match="Use true or false"):
        open_store("s3", anonymous="no")
