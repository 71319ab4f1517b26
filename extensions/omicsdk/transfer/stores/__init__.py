"""Downloads into file systems that aren't local: whatever fsspec can write to.

download(items, "s3://bucket/prefix", journal="run.journal")
download(items, FsspecTarget(fs, "bucket/prefix", spool="/scratch", verify="read"), journal="run.journal")
"""
