"""How a request travels, below `omicsdk.core.transport`: what to do next is decided by `conversation`, `wire` does it."""
