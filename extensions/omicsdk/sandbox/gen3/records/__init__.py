"""The records of a commons by the dictionary's node types, in programs and projects, and Sheepdog, the service that has them."""
