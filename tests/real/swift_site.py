"""Run by the environment of Swift: `swift_site.py PORT ACCESS SECRET` serves S3 from the current folder.

One process has all four of its services, each with one device of one disk; only the proxy answers others.
"""

import sys
from pathlib import Path

import eventlet
import eventlet.wsgi
from swift.common import utils

utils.monkey_patch()

from swift.common.ring import RingBuilder  # noqa: E402 -- after the patch, as in its own programs
from swift.common.wsgi import loadapp  # noqa: E402 -- likewise

# The pipeline that its manual gives for S3, without what limits or measures requests.
PROXY = """
[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats s3api tempauth copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
max_bucket_listing = 50
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret} .admin
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
"""
STORAGE = """
[DEFAULT]
swift_dir = {folder}
devices = {folder}/disks
mount_check = false
disable_fallocate = true
[app:main]
use = egg:swift#{kind}
"""


def main(port, access, secret):
    folder = Path.cwd()
    utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = b"prefix", b"suffix"
    account, _, user = access.partition(":")
    (folder / "disks" / "d0").mkdir(parents=True)
    servers = []
    for kind in ("account", "container", "object"):
        listener = eventlet.listen(("127.0.0.1", 0))
        builder = RingBuilder(1, 1, 0)
        builder.add_dev(
            {"region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1", "port": listener.getsockname()[1], "device": "d0"}
        )
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{kind}.ring.gz"))
        servers.append((kind, listener, STORAGE.format(folder=folder, kind=kind)))
    settings = PROXY.format(folder=folder, account=account, user=user, secret=secret)
    for name in ("gatekeeper", "catch_errors", "listing_formats", "copy", "slo", "dlo", "symlink"):
        settings += f"[filter:{name}]\nuse = egg:swift#{name}\n"
    servers.append(("proxy", eventlet.listen(("127.0.0.1", int(port))), settings))
    threads = []
    for kind, listener, text in servers:
        file = folder / f"{kind}.conf"
        file.write_text(text)
        threads.append(eventlet.spawn(eventlet.wsgi.server, listener, loadapp(str(file)), log_output=kind == "proxy"))
    for thread in threads:
        thread.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
