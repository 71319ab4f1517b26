"""Code that a type checker must reject: each line with a mark must have an error with the mark's words, and no other line any."""

import httpx
from omicsdk_api.azul import AsyncAzulApi, AzulApi


def trace(request: httpx.Request) -> None: ...


async def report(response: httpx.Response) -> None: ...


def clients(url: str) -> None:
    AzulApi(url, after_response=report)  # error: is not assignable
    AzulApi(url, after_response=trace)  # error: is not assignable
    AzulApi(url, before_request="trace")  # error: is not assignable
    AsyncAzulApi(url, before_request=[report])  # error: is not assignable
    AzulApi(url, before_requests=trace)  # error: No parameter named "before_requests"
