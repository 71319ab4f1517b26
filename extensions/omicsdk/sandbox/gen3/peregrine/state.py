"""What the service stands on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.records.dictionary import Dictionary
from omicsdk.sandbox.gen3.records.store import Store

if TYPE_CHECKING:
    from graphql import GraphQLSchema


@dataclass(slots=True)
class Schema:
    """The schema of the dictionary that is in force, made when it is first needed.

    Attributes:
        dictionary: The dictionary that it was made of.
        made: The schema.
        introspection: What it tells of itself.
    """

    dictionary: Dictionary | None = None
    made: "GraphQLSchema | None" = None
    introspection: str | None = None

    def of(self, dictionary: Dictionary) -> "GraphQLSchema":
        """The schema of a dictionary."""
        from omicsdk.sandbox.gen3.peregrine.schema import SchemaOf

        if self.made is None or self.dictionary is not dictionary:
            self.dictionary, self.made, self.introspection = dictionary, SchemaOf(dictionary).schema(), None
        return self.made


@dataclass(frozen=True, slots=True)
class Commons:
    """What of a commons the service needs.

    Attributes:
        access: People and their tokens.
        records: The records.
        schema: The GraphQL schema.
    """

    access: Access
    records: Store
    schema: Schema = field(default_factory=Schema)
