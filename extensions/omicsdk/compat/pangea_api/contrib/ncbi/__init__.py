"""Links to NCBI."""
