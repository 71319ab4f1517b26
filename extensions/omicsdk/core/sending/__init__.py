"""How a request travels: `transport` sends it and decides what follows an answer, `wire` carries it over `connections`."""
