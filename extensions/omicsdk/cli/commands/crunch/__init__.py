"""What the commands of `omics crunch` do."""
