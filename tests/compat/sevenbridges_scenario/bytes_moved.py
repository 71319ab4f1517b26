"""Uploads and downloads, with their handles."""

import hashlib
import random
from pathlib import Path

from seen import Seen
from world import World

MIB = 1024 * 1024


def uploads(world: World, see: Seen) -> None:
    api, project = world.api, world.new_project()
    content = random.Random("upload").randbytes(11 * MIB)
    path = world.local("big.bin", content)
    heard: list[object] = []
    upload = api.files.upload(path, project=project, part_size=5 * MIB, wait=False)
    upload.add_callback(callback=heard.append, errorback=lambda status: heard.append(["error", status]))
    upload.add_progress_callback(lambda progress: heard.append(None))
    see("before", upload.status)
    upload.start()
    upload.wait()
    see("after", [upload.status, upload.file_name, upload.start_time > 0, upload.duration > 0])
    see("heard", [heard[-1], any(entry is None for entry in heard)])
    file = upload.result()
    see("file", file)
    see("bytes", hashlib.sha256(b"".join(file.stream())).hexdigest() == hashlib.sha256(content).hexdigest())
    see("named", api.files.upload(path, project=project, file_name="other.bin").result().name)
    empty = api.files.upload(world.local("empty", b""), project=project)
    see("empty", [empty.status, empty.result().size])
    small = world.local("small.txt", b"first")
    api.files.upload(small, project=project)
    world.local("small.txt", b"second")
    replaced = api.files.upload(small, project=project, overwrite=True).result()
    see("overwritten", [replaced.content(), len(api.files.query(project=project, names=["small.txt"]))])
    see.outcome("both project and parent", lambda: api.files.upload(small, project=project, parent=file))
    see.outcome("neither", lambda: api.files.upload(small))
    see.outcome("no such file", lambda: api.files.upload(small + ".none", project=project))
    other = api.files.upload(path, project=project, file_name="stopped.bin", part_size=5 * MIB, wait=False)
    see.outcome("pausing before the start", other.pause)
    see.outcome("resuming before the start", other.resume)
    world.control("/faults", faults=[{"path": "/sb/_storage/*", "action": "delay", "seconds": 0.3, "times": 3}])
    other.start()
    begun = any(api.get("/upload/multipart").json()["items"] for _ in range(1000))
    other.stop()
    see("stopped", [begun, other.status, api.get("/upload/multipart").json()["items"]])
    see("nothing came of it", len(api.files.query(project=project, names=["stopped.bin"])))


def downloads(world: World, see: Seen) -> None:
    content = random.Random("download").randbytes(11 * MIB)
    file = world.upload("down.bin", content)
    info = file.download_info()
    see("where from", info.url.startswith("http"))
    target = world.folder / "downloaded.bin"
    heard: list[object] = []
    download = file.download(str(target), wait=False)
    download.add_callback(callback=heard.append)
    see("before", download.status)
    download.start()
    download.wait()
    see("after", [download.status, download.progress, Path(download.path).name, heard])
    see("bytes", target.read_bytes() == content)
    see.outcome("it is there", lambda: file.download(str(target)))
    target.write_bytes(b"old")
    file.download(str(target), overwrite=True)
    see("overwritten", target.read_bytes() == content)
    see("streamed", b"".join(file.stream(part_size=MIB)) == content)
    text = world.upload("text.txt", "schöner Text".encode())
    see("content", text.content())
    see("content at a path", text.content(path=str(world.folder / "kept.txt")))
    see("left behind", sorted(path.name for path in world.folder.iterdir() if path.name.startswith("downloaded.bin.")))
    empty = world.upload("nothing.bin", b"")
    empty.download(str(world.folder / "nothing-here.bin"))
    see("empty", (world.folder / "nothing-here.bin").read_bytes())
    see.outcome("a part that is too small", lambda: file.download(str(target), overwrite=True, chunk_size=10))


GROUPS = (uploads, downloads)
