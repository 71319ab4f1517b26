"""What the workflow commands of `omics dss` do."""
