"""The system's keyring: used where it answers at once, and "not available" in every other case."""

import sys
from pathlib import Path

import pytest
from omicsdk.core.settings import keyrings
from omicsdk.core.settings.keyrings import KeyringUnavailable, delete_secret, read_secret, write_secret


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Chooses the keyring by its class in `keyring_backends`."""

    def choose(name: str) -> None:
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3] / "support"))
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"keyring_backends.{name}")
        monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))

    return choose


def test_a_secret_comes_back(backend) -> None:
    backend("Working")
    assert read_secret("sb") is None
    write_secret("sb", "canary ü")
    assert read_secret("sb") == "canary ü"
    delete_secret("sb")
    delete_secret("sb")
    assert read_secret("sb") is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [("Locked", "it is locked"), ("Asking", "it asks for a password"), ("Waiting", "it waits for a response")],
)
def test_one_that_needs_a_user_is_not_available(
    backend, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    monkeypatch.setattr(keyrings, "SECONDS", 2.0 if name == "Waiting" else 60.0)
    backend(name)
    for use in (lambda: read_secret("sb"), lambda: write_secret("sb", "canary")):
        with pytest.raises(KeyringUnavailable) as failed:
            use()
        assert str(failed.value) == reason


@pytest.mark.parametrize("name", ["fail.Keyring", "null.Keyring"])
def test_a_machine_without_one(backend, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"keyring.backends.{name}")
    with pytest.raises(KeyringUnavailable, match="there is none"):
        read_secret("sb")


def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(keyrings.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(KeyringUnavailable, match="not installed"):
        read_secret("sb")


def test_a_module_of_that_name_in_the_current_folder_gets_nothing(
    backend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "keyring.py").write_text("raise SystemExit('loaded')")
    monkeypatch.chdir(tmp_path)
    backend("Working")
    write_secret("sb", "canary")
    assert read_secret("sb") == "canary"
