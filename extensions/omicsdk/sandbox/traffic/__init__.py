"""The layer between the socket and the services: the server, connections, the log of requests, faults, names of this machine."""
