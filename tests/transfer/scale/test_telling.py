"""The files in which workers and the one who started them tell each other."""

import shutil
from pathlib import Path

from omicsdk.transfer.scale.messages import FileDesk, Word


def test_half_a_word_says_nothing(tmp_path: Path) -> None:
    with FileDesk.within(str(tmp_path), "plan") as desk:
        desk.line.connect()(Word(0, "first", files_done=3))
        assert list(desk.words()) == [Word(0, "first", files_done=3)]
        Path(desk.line.folder, "0").write_text('{"index": 0, "att')
        assert list(desk.words()) == []


def test_a_stop_is_heard_though_somebody_removed_the_folder(tmp_path: Path) -> None:
    with FileDesk.within(str(tmp_path), "plan") as desk:
        shutil.rmtree(desk.line.folder)
        assert not desk.line.stopped()
        desk.stop()
        assert desk.line.stopped()
    assert list(tmp_path.iterdir()) == []
