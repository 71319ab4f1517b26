"""How a request travels: `transport` sends and answers, `conversation` decides what to do next, `wire` does it."""
