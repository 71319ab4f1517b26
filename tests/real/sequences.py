"""Run by the environment of seqrepo-rest-service: `sequences.py FOLDER PORT ACCESSION SEQUENCE` stores a sequence and serves it.

As the package's command does, but on loopback; it also is the bgzip that SeqRepo calls, by what pysam brings of htslib.
"""

import os
import sys
from importlib.resources import files
from pathlib import Path


def bgzip(arguments):
    import pysam

    if arguments == ["-h"]:
        print(f"\nVersion: {pysam.version.__htslib_version__}")
    else:
        pysam.tabix_compress(arguments[-1], f"{arguments[-1]}.gz", force=True)
        Path(arguments[-1]).unlink()


def serve(folder, port, accession, sequence):
    import connexion
    from biocommons.seqrepo import SeqRepo

    repository = SeqRepo(folder, writeable=True)
    repository.store(sequence, nsaliases=[{"namespace": "NCBI", "alias": accession}])
    repository.commit()
    served = connexion.App("seqrepo_rest_service.cli")
    served.app.url_map.strict_slashes = False
    served.app.config["seqrepo_dir"] = Path(folder)
    for document in ("seqrepo/openapi.yaml", "refget/refget-openapi.yaml"):
        path = str(files("seqrepo_rest_service") / document)
        served.add_api(path, validate_responses=True, strict_validation=True)
    served.run(host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    if "SEQREPO_BGZIP_PATH" in os.environ and len(sys.argv) < 4:
        bgzip(sys.argv[1:])
    else:
        serve(*sys.argv[1:])
