"""The files in which workers and the one who started them tell each other."""

import shutil
from pathlib import Path

from omicsdk.transfer import Progress
from omicsdk.transfer.scale.runs import FileChannel, Message, held_folder


def test_half_a_message_reports_nothing(tmp_path: Path) -> None:
    with held_folder(str(tmp_path), "plan") as held:
        channel = FileChannel(held)
        channel.connect()(Message(0, "first", progress=Progress(files_done=3)))
        assert list(channel.messages()) == [Message(0, "first", progress=Progress(files_done=3))]
        Path(held.path, "0").write_text('{"index": 0, "att')
        assert list(channel.messages()) == []


def test_a_stop_is_heard_though_another_process_removed_the_folder(tmp_path: Path) -> None:
    with held_folder(str(tmp_path), "plan") as held:
        channel = FileChannel(held)
        shutil.rmtree(held.path)
        assert not channel.stopped()
        channel.stop()
        assert channel.stopped()
    assert list(tmp_path.iterdir()) == []
