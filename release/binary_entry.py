"""What the standalone program runs: `omics`; and for `-m MODULE`, which omicsdk starts by sys.executable, the module."""

import multiprocessing
import runpy
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()
    words = sys.argv[1:]
    if words[:1] == ["-P"]:  # the program's modules are its own, whatever the current folder contains
        del words[0]
    if words[:1] == ["-m"] and words[1:]:
        sys.argv = [words[1], *words[2:]]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        from omicsdk.cli.main import main

        sys.exit(main())
