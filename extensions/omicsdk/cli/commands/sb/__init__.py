"""The commands of `omics sb`."""
