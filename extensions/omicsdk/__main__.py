"""`python -m omicsdk` is `omics`, for environments whose programs are not on the path."""

import sys

from omicsdk.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
