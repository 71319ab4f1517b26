"""An authorization server in memory: what an OAuth 2.0 client meets, strict about it, behind httpx's mock transport."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx


@dataclass
class AuthorizationServer:
    """Issues codes, makes tokens of them, renews and revokes; a refresh token is good for one use.

    Attributes:
        url: Its base URL.
        lifetime: Seconds that its access tokens last; None tells none.
        requests: Every request, in order.
        refusal: When set, what the token endpoint answers (status, JSON).
        tells_secrets: Whether it states its application's secrets to anybody.
    """

    url: str = "https://auth.example.org"
    lifetime: int | None = 3600
    client_id: str = "omics-test"
    client_secret: str = "canary-client-secret"
    requests: list[httpx.Request] = field(default_factory=list)
    refusal: tuple[int, Any] | None = None
    tells_secrets: bool = True
    redirect_uris: tuple[str, ...] = ()
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    access_tokens: list[str] = field(default_factory=list)

    @property
    def application_secrets(self) -> dict[str, Any]:
        return {
            "installed": {
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "auth_uri": f"{self.url}/oauth/authorize",
                "token_uri": f"{self.url}/oauth/token",
                "redirect_uris": list(self.redirect_uris),
            }
        }

    def consent(self, url: str, *, error: str = "", state: str | None = None) -> str:
        """What a user does in the browser: the address that it is sent back to."""
        assert url.startswith(f"{self.url}/oauth/authorize?")
        parameters = dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
        assert parameters["response_type"] == "code"
        assert parameters["client_id"] == self.client_id
        assert parameters["code_challenge_method"] == "S256"
        back = {"state": parameters["state"] if state is None else state}
        if error:
            back |= {"error": error, "error_description": "said <b>no</b>"}
        else:
            code = "canary-code-" + secrets.token_hex(8)
            self._codes[code] = parameters
            back["code"] = code
        return f"{parameters['redirect_uri']}?{urlencode(back)}"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if path.endswith("/internal/application_secrets") and self.tells_secrets:
            return httpx.Response(200, json=self.application_secrets)
        if request.method != "POST" or path not in ("/oauth/token", "/oauth/revoke"):
            return httpx.Response(404, json={"title": "no such page"})
        if path == "/oauth/revoke":
            fields = json.loads(request.content)
            assert fields.keys() == {"client_id", "token"}
            self.refresh_tokens.discard(fields["token"])
            return httpx.Response(200)
        if self.refusal is not None:
            return httpx.Response(self.refusal[0], json=self.refusal[1])
        return self._tokens(dict(parse_qsl(request.content.decode(), strict_parsing=True)))

    def _tokens(self, fields: dict[str, str]) -> httpx.Response:
        if (fields.get("client_id"), fields.get("client_secret")) != (self.client_id, self.client_secret):
            return httpx.Response(401, json={"error": "invalid_client"})
        if fields["grant_type"] == "refresh_token":
            is_valid = fields["refresh_token"] in self.refresh_tokens
            self.refresh_tokens.discard(fields["refresh_token"])
        else:
            began = self._codes.pop(fields["code"], {})
            digest = hashlib.sha256(fields["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            is_valid = challenge == began.get("code_challenge") and fields["redirect_uri"] == began.get("redirect_uri")
        if not is_valid:
            return httpx.Response(400, json={"error": "invalid_grant", "error_description": "used up or revoked"})
        access, refresh = (f"canary-{kind}-{secrets.token_hex(8)}" for kind in ("access", "refresh"))
        self.access_tokens.append(access)
        self.refresh_tokens.add(refresh)
        payload: dict[str, Any] = {
            "access_token": access,
            "refresh_token": refresh,
            "id_token": "canary-id",
            "token_type": "Bearer",
        }
        return httpx.Response(200, json=payload | ({} if self.lifetime is None else {"expires_in": self.lifetime}))
