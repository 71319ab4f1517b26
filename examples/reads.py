"""Write the demo's data set, reads of phage lambda with their metadata: python examples/reads.py FOLDER"""

import sys
from pathlib import Path

from omicsdk.cli.demo.data import SAMPLES, write_sample

for sample in SAMPLES:
    folder = write_sample(Path(sys.argv[1]), sample)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(f"{path.stat().st_size:>9,}  {path}")
