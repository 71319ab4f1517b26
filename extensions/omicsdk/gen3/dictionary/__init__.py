"""The data dictionary of a commons: which nodes there are, their properties and links, and in which order they depend."""

from omicsdk.gen3.dictionary.dictionary import Dictionary as Dictionary
from omicsdk.gen3.dictionary.dictionary import DictionaryError as DictionaryError
from omicsdk.gen3.dictionary.dictionary import read_dictionary as read_dictionary
from omicsdk.gen3.dictionary.node import Link as Link
from omicsdk.gen3.dictionary.node import LinkGroup as LinkGroup
from omicsdk.gen3.dictionary.node import Node as Node
from omicsdk.gen3.dictionary.node import Property as Property
from omicsdk.gen3.dictionary.node import Shape as Shape

__all__ = ["Dictionary", "DictionaryError", "Link", "LinkGroup", "Node", "Property", "Shape", "read_dictionary"]
