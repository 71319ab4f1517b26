"""Folders of one command in the journals' folder: gone with it, and after a kill with the next command."""

from pathlib import Path

import pytest
from omicsdk.transfer.scale import runs
from omicsdk.transfer.scale.runs import FileChannel, held_folder


def left_by_a_kill(folder: Path) -> Path:
    """What a killed command left, with what its worker was writing."""
    folder.mkdir()
    (folder / ".held").touch()
    (folder / ".0.0123456789ab.part").write_text("{")
    return folder


@pytest.mark.parametrize("name", ["transfer.0123456789ab.reports", "transfer.0123456789ab", "a plan.0123456789ab"])
def test_what_a_killed_command_left_is_removed_and_what_a_live_one_has_is_not(tmp_path: Path, name: str):
    killed = left_by_a_kill(tmp_path / name)
    others = tmp_path / "mine.reports"
    others.mkdir()
    (others / ".held").touch()
    with held_folder(str(tmp_path), "transfer", ".reports") as live:
        assert not killed.exists()
        Path(live.path, "transfer-0000-of-0002.jsonl").write_text("{}")
        with held_folder(str(tmp_path), "transfer", ".reports") as second, held_folder(str(tmp_path), "transfer"):
            assert second.path != live.path
        assert Path(live.path, "transfer-0000-of-0002.jsonl").exists()
    assert list(tmp_path.iterdir()) == [others]


def test_the_message_that_a_worker_was_writing_when_it_was_killed_is_removed(tmp_path: Path):
    left_by_a_kill(tmp_path / "transfer.0123456789ab")
    with held_folder(str(tmp_path), "transfer"):
        pass
    assert not list(tmp_path.iterdir())


def test_the_message_to_stop_stays_for_shards_that_have_not_heard_it(tmp_path: Path):
    with held_folder(str(tmp_path), "transfer") as held:
        channel = FileChannel(held)
        channel.stop()
        channel.leave()
    with held_folder(str(tmp_path), "transfer"):
        assert channel.stopped()
    assert channel.stopped()


def test_a_command_that_begins_at_the_same_time_leaves_the_folder_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lock_now = runs.lock_now

    def begin_another(descriptor: int) -> None:
        monkeypatch.setattr(runs, "lock_now", lock_now)
        with held_folder(str(tmp_path), "run"):
            lock_now(descriptor)

    monkeypatch.setattr(runs, "lock_now", begin_another)
    with held_folder(str(tmp_path), "run") as folder:
        assert list(tmp_path.iterdir()) == [Path(folder.path)]
    assert list(tmp_path.iterdir()) == []
