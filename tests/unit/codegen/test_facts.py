from typing import Any

import pytest
from omicsdk_codegen.facts import describe, facts_text


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"minimum": 10, "maximum": 500, "default": 100}, "From 10 to 500. Default: 100."),
        ({"minimum": 1.0}, "At least 1."),
        ({"exclusiveMaximum": 5}, "Less than 5."),
        ({"format": "int32"}, ""),
        ({"format": "uuid", "pattern": "a+"}, "Format uuid. Matches `a+`."),
        ({"maxLength": 5}, "At most 5 characters."),
        ({"minItems": 1, "maxItems": 3, "uniqueItems": True}, "From 1 to 3 items. Items are unique."),
        ({"default": {"a": [1]}, "deprecated": True}, 'Default: {"a": [1]}. Deprecated.'),
        ({"default": ""}, "Default: ''."),
        ({"type": "string"}, ""),
    ],
)
def test_bounds_and_defaults_are_reported(schema: dict[str, Any], text: str) -> None:
    assert facts_text(schema) == text


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (
            {
                "description": "Matches on a page, from 10 to 500; 100 when omitted",
                "minimum": 10,
                "maximum": 500,
                "default": 100,
            },
            "Matches on a page, from 10 to 500; 100 when omitted.",
        ),
        (
            {"description": "Matches on a page", "minimum": 10, "default": 100},
            "Matches on a page. At least 10. Default: 100.",
        ),
        ({"description": "Of 1.5 or more", "minimum": 5}, "Of 1.5 or more. At least 5."),
        ({"format": "uuid", "description": "A uuid"}, "A uuid."),
        ({"description": ""}, ""),
    ],
)
def test_what_a_description_states_is_not_reported_twice(schema: dict[str, Any], text: str) -> None:
    assert describe(schema) == text
