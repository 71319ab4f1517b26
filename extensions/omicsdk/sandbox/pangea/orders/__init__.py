"""Orders of work: for samples, for groups, their jobs and prototypes."""
