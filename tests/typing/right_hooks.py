"""Hooks of clients, without errors under a strict type checker."""

import httpx
from omicsdk_api.azul import AsyncAzulApi, AzulApi


def trace(request: httpx.Request) -> None:
    request.headers["traceparent"] = "00-1"


async def report(response: httpx.Response) -> None:
    print(response.status_code)


def clients(url: str) -> None:
    client = AzulApi(url, before_request=trace, after_response=[lambda response: print(response.elapsed)])
    client.with_options(before_request=(), after_response=print)
    AsyncAzulApi(url, before_request=trace, after_response=[report, print])
