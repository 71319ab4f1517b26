"""What benchmarks/transfer.py measures with: servers on loopback, files to move, the peers and our own processes."""
