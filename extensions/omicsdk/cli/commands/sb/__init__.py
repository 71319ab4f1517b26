"""What the commands of `omics sb` do."""
