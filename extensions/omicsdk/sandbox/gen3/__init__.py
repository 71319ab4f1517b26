"""A Gen3 data commons in the sandbox: its services behind one gateway."""
