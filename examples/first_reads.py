"""The first reads of each FASTQ file of a bundle, without storing anything: python examples/first_reads.py BUNDLE_UUID

The bytes are unpacked as they arrive, and the transfer ends when the reads are there. The service is the configured one
(HCA_CONFIG_FILE), so that this works with a sandbox and with a deployment.
"""

import sys
import zlib

from omicsdk.hca.dss import Dss

LINES = 4 * 2

with Dss() as dss:
    for file in dss.get_bundle.iterate(uuid=sys.argv[1], replica="aws"):
        if not file.name.endswith(".fastq.gz"):
            continue
        unpacked, text = zlib.decompressobj(zlib.MAX_WBITS | 16), b""
        with dss.get_file.stream(uuid=file.uuid, version=file.version, replica="aws") as body:
            while text.count(b"\n") < LINES and (chunk := body.read(4096)):
                text += unpacked.decompress(chunk)
        print(file.name, *text.decode().splitlines()[:LINES], sep="\n  ")
