"""The part of Elasticsearch's query language that the Data Store's documentation uses, as pure functions.

A query is compiled once into a predicate over indexed documents; nothing here knows a store or a server.
"""

from omicsdk.sandbox.search.clauses import CLAUSES, compile_query
from omicsdk.sandbox.search.errors import InvalidQuery, QueryError, UnsupportedClause

__all__ = ["CLAUSES", "InvalidQuery", "QueryError", "UnsupportedClause", "compile_query"]
