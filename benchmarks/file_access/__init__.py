"""What benchmarks/file_systems.py measures with: servers on loopback, files, and a process for each side."""
