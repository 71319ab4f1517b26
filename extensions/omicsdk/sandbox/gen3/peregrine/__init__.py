"""Peregrine in the sandbox: GraphQL over a commons' records."""
