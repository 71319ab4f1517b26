"""The documented exceptions: an error of core by another name, in this process and in others."""

import copy
import pickle

import pytest
from omicsdk.compat.hca.util.exceptions import SwaggerAPIException, documented_error
from omicsdk.core import APIError, NotFound, ServerError, UsageError


def error_of(kind: type[APIError], status: int) -> Exception:
    body = {"code": "said", "title": "Said so", "stacktrace": "here"}
    return documented_error(kind("Said so", status=status, code="said", body=body))


@pytest.mark.parametrize(("kind", "status"), [(NotFound, 404), (ServerError, 500), (APIError, 418)])
@pytest.mark.parametrize("again", [lambda error: error, lambda error: pickle.loads(pickle.dumps(error)), copy.copy])
def test_both_names_catch_it_and_nothing_is_lost(kind, status, again):
    error = again(error_of(kind, status))
    assert isinstance(error, SwaggerAPIException)
    assert isinstance(error, kind)
    assert (error.code, error.reason, error.title, error.details) == (status, "said", "Said so", "here")
    assert str(error).startswith(f"Said so ({status} said)")


def test_a_bare_one_survives_too():
    again = pickle.loads(pickle.dumps(SwaggerAPIException("x", status=404)))
    assert type(again) is SwaggerAPIException
    assert again.status == 404


def test_other_errors_stay_what_they_are():
    error = UsageError("No such layout")
    assert documented_error(error) is error
    documented = error_of(NotFound, 404)
    assert documented_error(documented) is documented
