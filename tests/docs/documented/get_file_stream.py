import hashlib

from omicsdk.dss import DSSClient

fid = "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e07"
total = hashlib.sha256()
with DSSClient().get_file.stream(uuid=fid, replica="aws") as fh:
    while True:
        chunk = fh.raw.read(1024)
        total.update(chunk)
        assert len(chunk) <= 1024
        if not chunk:
            break
print(total.hexdigest())
