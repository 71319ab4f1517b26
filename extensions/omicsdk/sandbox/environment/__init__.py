"""Where the services are, and the variables that lead programs there, as lines for a shell."""
