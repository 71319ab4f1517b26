"""Functions of handwritten commands; `omicsdk.cli.index` has their words."""
