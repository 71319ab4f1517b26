"""Write the demo's data set, reads of phage lambda with their metadata: python examples/reads.py FOLDER

A sample whose folder exists is left as it is.
"""

import sys
from pathlib import Path

from omicsdk.cli.demo.data import SAMPLES, write_sample

for sample in SAMPLES:
    folder = Path(sys.argv[1]) / sample.name
    if not folder.exists():
        write_sample(folder.parent, sample)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(f"{path.stat().st_size:>9,}  {path}")
