"""The progress bar of notebooks: shown by a kernel's IPython where no function for the progress is given."""

import logging
import sys
from types import ModuleType, SimpleNamespace

import pytest
from omicsdk.core.logs import logger
from omicsdk.transfer import Progress, Transfer, download
from omicsdk.transfer.reports import progress as notebooks
from omicsdk.transfer.reports.progress import FIRST_SECONDS, notebook_progress


def state(seconds: float, *, final: bool = False, failed: int = 0) -> Progress:
    return Progress(4, 1, failed, 4 * 1024**2, 1024**2, 1024**2, 1024**2, seconds, final=final)


class Shown(list[str]):
    """What a notebook's cell shows: an output of a display each, by its id."""

    def display(self, shown: dict[str, str], *, raw: bool, display_id: bool) -> SimpleNamespace:
        assert (raw, display_id) == (True, True)
        assert shown["text/html"].endswith(f"<small>{shown['text/plain']}</small>")
        self.append(shown["text/html"])
        number = len(self) - 1
        return SimpleNamespace(update=lambda changed, raw: self.__setitem__(number, changed["text/html"]))


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Makes this process look like a notebook's kernel."""
    shown = Shown()
    module, display = ModuleType("IPython"), ModuleType("IPython.display")
    module.get_ipython = lambda: SimpleNamespace(kernel=object())
    display.display = shown.display
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return shown


def test_a_bar_is_shown_after_a_while_and_keeps_its_last_state(kernel):
    show = notebook_progress()
    assert show is not None
    show(state(FIRST_SECONDS / 2))
    assert kernel == []
    show(state(FIRST_SECONDS))
    assert len(kernel) == 1
    assert 'value="0.2500"' in kernel[0]
    assert "1 of 4 files, 1.00 MiB of 4.00 MiB, 1.00 MiB/s, 3.0 s left" in kernel[0]
    show(state(FIRST_SECONDS + 0.01, failed=2))
    assert "failed" not in kernel[0], "shown too often"
    show(state(9, final=True, failed=1))
    assert kernel[0].endswith("1 of 4 files, 1.00 MiB of 4.00 MiB, 9.0 s, 1 failed</small>")
    assert len(kernel) == 1


def test_a_short_transfer_shows_nothing(kernel):
    show = notebook_progress()
    assert show is not None
    show(state(FIRST_SECONDS / 2, final=True))
    assert kernel == []


def test_a_front_end_that_fails_does_not_end_the_transfer(kernel, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no front end")

    monkeypatch.setattr(sys.modules["IPython.display"], "display", fail)
    show = notebook_progress()
    assert show is not None
    show(state(1))
    show(state(2))


@pytest.mark.parametrize("shell", [None, SimpleNamespace(kernel=None), SimpleNamespace()])
def test_a_terminal_gets_no_bar(kernel, monkeypatch, shell):
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    assert notebook_progress() is None


def test_a_program_without_ipython_gets_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    assert notebook_progress() is None


def test_a_transfer_in_a_kernel_is_shown_without_an_argument(kernel):
    def work(*, control, progress):
        progress(state(1))
        return "done"

    assert Transfer.of(work).start().wait() == "done"
    assert "1 of 4 files" in kernel[0]


def test_an_interrupted_download_shows_what_it_has(kernel, monkeypatch, server, target, noise):
    monkeypatch.setattr(notebooks, "FIRST_SECONDS", 0)
    states: list[Progress] = []
    with Transfer.download(
        [server.item("a", noise(64 * 1024**2), "sha256")], target, limit_rate=16 * 1024**2
    ) as transfer:

        def stop(state: Progress) -> None:
            states.append(state)
            if state.bytes_done > 2 * 1024**2:
                transfer.stop()

        transfer.add_callback(stop)
    assert (states[-1].final, states[-1].bytes) == (True, 64 * 1024**2)
    assert states[-1].bytes_done > 0
    assert " of 64.0 MiB, " in kernel[0]


def test_a_function_for_the_progress_takes_the_bars_place(kernel):
    updates = []

    def work(*, control, progress):
        progress(state(1))

    Transfer.of(work, progress=updates.append).start().wait()
    assert (len(updates), kernel) == (1, [])


def test_a_download_in_a_kernel_is_shown_without_an_argument(kernel, monkeypatch, server, target, noise):
    monkeypatch.setattr(notebooks, "FIRST_SECONDS", 0)
    report = download([server.item("a", noise(40 * 1024**2), "sha256")], target)
    assert report.ok
    (shown,) = kernel
    assert "1 of 1 files, 40.0 MiB" in shown


@pytest.mark.parametrize(("is_kernel", "printed"), [(True, "waiting 5 s\n"), (False, "")])
def test_a_warning_is_printed_in_a_notebook_without_logging(kernel, is_kernel, printed, monkeypatch, capsys):
    if not is_kernel:
        monkeypatch.setitem(sys.modules, "IPython", None)
    for name in ("", "omicsdk"):  # of a new process: pytest has set up logging
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
    logger("omicsdk.a_service").warning("waiting %d s", 5)
    assert capsys.readouterr().err == printed
