"""Recordings of servers that others wrote, sent to a sandbox: what each exchange gave there, and what it gives here.

What a server makes up (identifiers, tokens of pages) is learnt from both responses, so that later requests name what the sandbox made. Writes
of the registries, which their standards do not have, are made in the sandbox's state.
"""

import base64
import hashlib
import http.client
import json
import re
from collections.abc import Callable, Iterator, Mapping, Set
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, quote, unquote_plus, urlsplit
from xml.etree import ElementTree

import httpx
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.indexd.index import SERVICE_NAME
from recorded_server import body_of, exchanges

Both = dict[str, tuple[Any, Any]]
"""What the server answered and what the sandbox answers, by the name of the exchange."""


def agree(theirs: Any, ours: Any, without: Set[str] = frozenset()) -> bool:
    """Whether our response says what theirs says, but for some fields of objects; ours may have more fields."""
    match theirs, ours:
        case dict(), dict():
            names = theirs.keys() - without
            return names <= ours.keys() and all(agree(theirs[name], ours[name], without) for name in names)
        case list() | tuple(), list() | tuple():
            return len(theirs) == len(ours) and all(
                agree(one, other, without) for one, other in zip(theirs, ours, strict=True)
            )
        case _:
            return theirs == ours


# -- htsget

VCF_SIZE = 1596
"""Of the file; the server sent zeros behind it."""


def _ticket(status: int, body: Any) -> tuple[Any, ...]:
    """The format or the error of a ticket, and of each block its class and whether it is of a range."""
    ticket = body.get("htsget", {}) if isinstance(body, dict) else {}
    blocks = [(block.get("class"), "Range" in block["headers"]) for block in ticket.get("urls", ())]
    return status, ticket.get("error", ticket.get("format")), blocks


def replayed_htsget(sandbox: Sandbox) -> Both:
    """Tickets of the reference server; what they name differs between servers."""
    recorded = {exchange["step"]: exchange for exchange in exchanges("htsget-refserver")}
    blocks = [recorded[f"reads fields: block {number} of 2"] for number in (1, 2)]
    bam, vcf = (
        b"".join(base64.b64decode(exchange["response"]["body"]["$base64"]) for exchange in part)
        for part in (blocks, [recorded["variants whole: block 1 of 1"]])
    )
    sandbox.ga4gh.htsget.add("a", "BAM", bam)
    sandbox.ga4gh.htsget.add("v", "VCF", vcf[:VCF_SIZE])
    sandbox.settings.turn({"htsget.as_refserver": True})
    responses: Both = {}
    with httpx.Client(trust_env=False) as client:
        for step, exchange in recorded.items():
            if ": block" not in step:
                response = exchange["response"]
                status, _, body = _sent(
                    client, f"{sandbox.htsget_url}{exchange['request']['path']}", exchange["request"]
                )
                responses[step] = _ticket(response["status"], response["body"]), _ticket(status, body)
    return responses


def _sent(client: httpx.Client, url: str, request: Mapping[str, Any]) -> tuple[int, httpx.Headers, Any]:
    """Status, headers and body of the sandbox's response to a recorded request."""
    content = None if request["body"] is None else body_of(request)
    response = client.request(request["method"], url, headers=request["headers"], content=content)
    is_json = "json" in response.headers.get("content-type", "") and response.content
    return response.status_code, response.headers, response.json() if is_json else response.text or None


# -- TRS

_WORDS = ("message", "msg", "status_code")
_SHA256 = '"sha-256"', '"sha256"'
"""GA4GH's name of it, and what both servers of the same standard call it."""
_PAGES = ("next_page", "last_page", "self_link", "current_offset", "current_limit")


def replayed_trs(sandbox: Sandbox) -> Both:
    """A registry of tools, from an empty one on."""
    trs, responses = sandbox.ga4gh.trs, Both()
    trs.described.remove("1")
    sandbox.settings.turn({"trs.endless_pages": True})
    made = dict[str, str]()
    with httpx.Client(trust_env=False) as client:
        for exchange in exchanges("trs-filer"):
            request, response = exchange["request"], exchange["response"]
            path = request["path"].removeprefix("/ga4gh/trs/v2")
            if request["method"] in ("GET", "HEAD"):
                status, headers, body = _sent(client, f"{sandbox.trs_url}{path}", request)
                theirs = (
                    response["status"],
                    response["headers"],
                    json.loads(_replaced(json.dumps(response["body"]), made)),
                )
                responses[exchange["step"]] = _page_of_tools(*theirs), _page_of_tools(status, headers, body)
            elif response["status"] == 200:
                id = json.loads(response["body"])
                if request["method"] == "POST":  # in lists the sandbox sorts by identifiers, the server by age
                    made[id] = f"made-{id}"
                _write_tool(trs, path.split("/")[2:], request["body"], made.get(id, id))
    return responses


def _replaced(text: str, learnt: Mapping[str, str]) -> str:
    for theirs, ours in learnt.items():
        text = text.replace(theirs, ours)
    return text


def _page_of_tools(status: int, headers: Mapping[str, str], body: Any) -> tuple[Any, ...]:
    """The status, where this and other pages are, and a body without words for people and without the server's address."""
    links = {name: _link(value) for name, value in headers.items() if name in _PAGES}
    text = re.sub(r'"http://[^"]*/v2/', '"', json.dumps(body)).replace(*_SHA256)
    return status, links, _without_words(json.loads(text))


def _link(value: str) -> Any:
    parts = urlsplit(value)
    return (parts.path.rpartition("/v2/")[2], sorted(parse_qsl(parts.query))) if parts.netloc else value


def _without_words(body: Any) -> Any:
    """What programs read of a body: an error has words for people."""
    return {name: value for name, value in body.items() if name not in _WORDS} if isinstance(body, dict) else body


def _write_tool(trs: Any, words: list[str], body: Any, id: str) -> None:
    """Do in the sandbox's registry what was written to the recorded one; `words` is the path after /tools."""
    if body is None:
        of_version = {"version": words[2]} if len(words) > 1 else {}
        for table in (trs.described, trs.files):
            table.remove(tool=words[0], **of_version)
    elif "versions" in words:
        _write_version(trs, words[0], {**body, "id": id})
    elif "versions" in body:
        of_tool = {**body, "id": id}
        for version in of_tool.pop("versions") or [{"id": "none"}]:
            _write_version(trs, id, version, of_tool)
        trs.described.remove(version="none")


def _write_version(trs: Any, tool: str, version: Mapping[str, Any], of_tool: Any = None) -> None:
    files = {file["tool_file"]["path"]: file["file_wrapper"]["content"] for file in version.get("files", ())}
    fields = {name: value for name, value in version.items() if name != "files"}
    trs.add(tool, version["id"], "CWL", files, of_tool=of_tool, of_version=fields)


# -- DRS


def replayed_drs(sandbox: Sandbox) -> Both:
    """Objects of a DRS server, from an empty one on; the sandbox's DRS is that of a Gen3 commons."""
    responses = Both()
    made = dict[str, str]()
    with httpx.Client(trust_env=False) as client:
        for exchange in exchanges("drs-filer"):
            request, response = exchange["request"], exchange["response"]
            if request["method"] in ("GET", "HEAD", "OPTIONS") or "passports" in (request["body"] or ()):
                status, _, body = _sent(client, f"{sandbox.gen3_url}{_replaced(request['path'], made)}", request)
                _learn_access(made, response["body"], body)
                theirs = json.loads(_replaced(json.dumps(response["body"]), made))
                responses[exchange["step"]] = _object(response["status"], theirs), _object(status, body)
            elif response["status"] == 200:  # what service-info states is the sandbox's own
                words = httpx.URL(request["path"]).path.split("/objects")[1].strip("/").split("/access/")
                _write_object(sandbox, client, words, request["body"], json.loads(response["body"]))
    return responses


def _learn_access(made: dict[str, str], theirs: Any, ours: Any) -> None:
    """The sandbox's names of the ways to the bytes, for those that the server made up."""
    ways = [
        {way["type"]: way["access_id"] for way in drs_object.get("access_methods", ())}
        for drs_object in (theirs, ours)
        if isinstance(drs_object, dict)
    ]
    if len(ways) == 2:
        made.update((ways[0][kind], ways[1][kind]) for kind in ways[0].keys() & ways[1].keys())


def _object(status: int, body: Any) -> tuple[Any, ...]:
    """The status and the object, its ways to the bytes by their kinds; errors have only words for people."""
    drs_object = None if status >= 400 else json.loads(json.dumps(body).replace(*_SHA256))
    if isinstance(drs_object, dict) and "access_methods" in drs_object:
        drs_object["access_methods"] = {way["type"]: way for way in drs_object["access_methods"]}
    return status, drs_object


def _write_object(sandbox: Sandbox, client: httpx.Client, words: list[str], body: Any, id: str) -> None:
    """Do in the sandbox's index what was written to the recorded server."""
    index = sandbox.gen3.index
    if body is None and len(words) == 1:
        index.delete(id)
    elif body is None:  # one way less
        index.update(words[0], {"urls": [url for url in index.existing(words[0])["urls"] if url.startswith("s3:")]})
    elif "contents" in body:
        _write_bundle(sandbox, client, id, body)
    else:
        index.delete(id)
        ways = body.get("access_methods", ())
        hashes = {checksum["type"].replace("-", ""): checksum["checksum"] for checksum in body["checksums"]}
        record = {
            "did": id,
            "file_name": body["name"],
            "hashes": hashes,
            "urls": [way["access_url"]["url"] for way in ways],
            "content_created_date": body["created_time"],
            "content_updated_date": body["updated_time"],
            "urls_metadata": {way["access_url"]["url"]: {"region": way["region"]} for way in ways if "region" in way},
            "acl": ["*"],
            "form": "object",
            **{name: body[name] for name in ("size", "version", "description")},
        }
        index.create(record)


def _write_bundle(sandbox: Sandbox, client: httpx.Client, id: str, body: Mapping[str, Any]) -> str:
    members = [
        _write_bundle(sandbox, client, member["name"], member) if "contents" in member else member["id"]
        for member in body["contents"]
    ]
    response = client.post(
        f"{sandbox.gen3_url}/index/bundle",
        json={
            "bundle_id": id,
            "bundles": members,
            **{name: body[name] for name in ("name", "size", "checksums") if name in body},
        },
        auth=(SERVICE_NAME, sandbox.password),
    )
    assert response.status_code == 200, response.text
    return id


# -- S3

_Response = tuple[int, Mapping[str, str], Any]
_LONG = 64 * 1024
"""Bodies beyond this size are recorded by their sums."""
_COMPARED = ("etag", "content-range")
_LEFT_OUT = {
    "RequestId", "HostId", "Message", "Resource", "LastModified", "Owner", "Initiator", "Initiated", "CreationDate",
    "Location", "EncodingType",
}  # fmt: skip
_MADE_UP = ("UploadId", "VersionId", "NextContinuationToken", "ContinuationToken", "NextVersionIdMarker")
_LISTS = ("Contents", "CommonPrefixes", "Upload", "Part", "Version", "DeleteMarker")
_IDS = re.compile(r"(uploadId|versionId|continuation-token)=([^&]+)")
_EXPIRES = re.compile(r"X-Amz-Expires=(\d+)")


def replayed_s3(sandbox: Sandbox, server: str) -> Both:
    """Buckets and objects of an S3 server, from an empty one on."""
    return {step: (theirs, ours) for step, theirs, ours in _replayed_s3(*_s3_of(sandbox), server)}


def compared_s3(sandbox: Sandbox, url: str, access_key: str, secret_key: str) -> Both:
    """What a running S3 server, and the sandbox, answer to the requests that moto was asked."""
    theirs = {step: response for step, _, response in _replayed_s3(url, Credentials(access_key, secret_key))}
    return {step: (theirs[step], ours) for step, _, ours in _replayed_s3(*_s3_of(sandbox))}


def _s3_of(sandbox: Sandbox) -> tuple[str, Credentials]:
    sandbox.reset()  # all sandboxes of a process have the same buckets
    keys = (sandbox.s3_credentials[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    return sandbox.s3_url, Credentials(*keys)


def _replayed_s3(url: str, owner: Credentials, server: str = "s3-moto") -> Iterator[tuple[str, Any, Any]]:
    """The recorded requests sent to a running server: each step, what was recorded, and what is answered."""
    learnt = dict[str, str]()
    for exchange in exchanges(server):
        request, response = exchange["request"], exchange["response"]
        path = _IDS.sub(lambda match: f"{match[1]}={learnt.get(match[2], match[2])}", request["path"])
        signed = _signed(exchange["step"], request, f"{url}{path}", body_of(request), owner)
        content = response["body"]
        if not isinstance(content, dict) or "$length" not in content:
            content = body_of(response)
        theirs, ours = (response["status"], response["headers"], content), _exchanged(signed)
        _learn_ids(learnt, theirs, ours)
        yield exchange["step"], _s3_response(request["method"], theirs), _s3_response(request["method"], ours)


def _signed(step: str, request: Mapping[str, Any], url: str, body: bytes, owner: Credentials) -> AWSRequest:
    """A recorded request, signed as its step says."""
    headers = {name: value for name, value in request["headers"].items() if name not in ("authorization", "accept")}
    made = AWSRequest(request["method"], url, headers, body)
    if (presigned := _EXPIRES.search(url)) is not None:
        made.method, made.url = "GET", url.partition("?X-Amz-")[0]  # one of them is then used for HEAD
        now = datetime.now(UTC) - timedelta(hours=step.endswith("expired"))
        with patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
            S3SigV4QueryAuth(owner, "s3", "us-east-1", expires=int(presigned[1])).add_auth(made)
        made.method = request["method"]
        if step.endswith("signature changed"):
            made.url = made.url[:-1] + ("0" if made.url[-1] != "0" else "1")
    elif "authorization" in request["headers"]:
        wrong = {
            "wrong secret key": Credentials(owner.access_key, "wrong"),
            "unknown access key": Credentials("unknown", "wrong"),
        }
        S3SigV4Auth(wrong.get(step, owner), "s3", "us-east-1").add_auth(made)
    return made


def _exchanged(request: AWSRequest) -> tuple[int, dict[str, str], bytes]:
    """Send a request with its path unchanged, which other clients would normalise."""
    parts = urlsplit(request.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    try:
        target = request.url.partition(parts.netloc)[2]
        connection.request(request.method, target, request.body or None, dict(request.headers.items()))
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def _learn_ids(learnt: dict[str, str], theirs: _Response, ours: _Response) -> None:
    """Identifiers and tokens that both servers made up, which later requests name."""
    if not isinstance(theirs[2], bytes):
        return
    for name in _MADE_UP:
        tag = re.compile(f"<{name}>([^<]+)</{name}>".encode())
        pairs = zip(tag.findall(theirs[2]), tag.findall(ours[2]), strict=False)
        for one, other in pairs:
            learnt[one.decode()] = learnt[quote(one, safe="")] = other.decode()
    if (version := "x-amz-version-id") in theirs[1] and version in ours[1]:
        learnt[theirs[1][version]] = ours[1][version]


def _s3_response(method: str, response: _Response) -> tuple[Any, ...]:
    """The status, the headers that clients rely on, and the body: bytes, or XML without moments and words for people."""
    status, headers, content = response
    kept = {name: value for name, value in headers.items() if name in _COMPARED or name.startswith("x-amz-checksum-")}
    kept |= dict.fromkeys({"x-amz-version-id", "x-amz-delete-marker"} & headers.keys(), "made up")
    if method == "HEAD" and "etag" in kept:
        kept["content-length"] = headers["content-length"]
    if isinstance(content, bytes) and content.startswith(b"<?xml"):
        fields = _tree(ElementTree.fromstring(content), unquote_plus if b"<EncodingType>" in content else str)
        return status, kept, {**dict.fromkeys(_LISTS, ()), **(fields or {})}
    if isinstance(content, bytes) and len(content) > _LONG:
        content = {"$length": len(content), "$sha256": hashlib.sha256(content).hexdigest()}
    return status, kept, content


def _tree(element: ElementTree.Element, decoded: Callable[[str], str]) -> Any:
    """The children of an element by their names, in order; the text of one without."""
    members = dict[str, list[Any]]()
    for child in element:
        name = child.tag.rpartition("}")[2]
        member = "made up" if name in _MADE_UP else _tree(child, decoded)
        if name not in _LEFT_OUT and member:
            members.setdefault(name, []).append(member)
    text = element.text or ""
    return members or ("" if text.isspace() else decoded(text))
