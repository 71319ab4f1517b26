"""What the environment says about the network, read in one place for httpx and libcurl alike.

Variables, each in lower or upper case where both are usual (lower case wins, as with curl):

- HTTP_PROXY, HTTPS_PROXY: the proxy for URLs of that scheme; ALL_PROXY for both. A proxy without a scheme means http://.
  One that is set to nothing means no proxy. HTTP_PROXY in capitals isn't read in a CGI program, where a caller's header
  could have set it.
- NO_PROXY: hosts that are reached directly, separated by commas or blanks: `*`, a name (with its subdomains), a name
  with a port, an address, or a network such as 10.0.0.0/8.
- SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE: certificate authorities to trust instead of Mozilla's, the first that
  is set; SSL_CERT_DIR: a folder of them. The second and the third may be a folder too.
- OMICS_CLIENT_CERT, OMICS_CLIENT_KEY: a client certificate and its key, as PEM files; the key may be in the first.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from omicsdk.core.redaction import mask_url

_CA_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Network:
    """How a URL is reached. Equal ones can share their connections.

    Attributes:
        proxy: The proxy's URL, which may hold a password; None is a direct connection.
        ca_file: A PEM file of the authorities to trust; None, with ca_dir None too, is the certifi package's.
        ca_dir: A folder of them.
        client_cert: A PEM file with the certificate to show.
        client_key: A PEM file with its key; None when that is in client_cert.
    """

    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    ca_dir: str | None = None
    client_cert: str | None = None
    client_key: str | None = None

    def __str__(self) -> str:
        return f"via {mask_url(self.proxy)}" if self.proxy else "direct"


def network(url: str, environ: Mapping[str, str] | None = None) -> Network:
    """Read how a URL is to be reached.

    Args:
        url: An absolute URL of scheme http or https.
        environ: The environment's variables; by default the process's own.

    Returns:
        The proxy, authorities and client certificate for that URL.
    """
    variables = os.environ if environ is None else environ
    ca_file = next((variables[name] for name in _CA_FILES if variables.get(name)), None)
    ca_dir = variables.get("SSL_CERT_DIR") or None
    if ca_file is not None and Path(ca_file).is_dir():
        ca_file, ca_dir = None, ca_file
    return Network(
        proxy=_proxy_for(url, variables),
        ca_file=ca_file,
        ca_dir=ca_dir,
        client_cert=variables.get("OMICS_CLIENT_CERT") or None,
        client_key=variables.get("OMICS_CLIENT_KEY") or None,
    )


def curl_options(found: Network) -> dict[str, str]:
    """Return a network as options of a libcurl handle.

    Args:
        found: What `network` found for the handle's URL.

    Returns:
        Values by the options' names without CURLOPT_ ("CAINFO"), all of them texts. An empty PROXY and NOPROXY keep
        libcurl from reading the environment itself, which it would do by other rules.
    """
    options = {"PROXY": found.proxy or "", "NOPROXY": ""}
    ca_file = found.ca_file or (None if found.ca_dir else default_ca_file())
    if ca_file:
        options["CAINFO"] = ca_file
    if found.ca_dir:
        options["CAPATH"] = found.ca_dir
    if found.client_cert:
        options["SSLCERT"] = found.client_cert
    if found.client_key:
        options["SSLKEY"] = found.client_key
    return options


def default_ca_file() -> str:
    """Return the PEM file of the authorities that are trusted unless the environment names others: Mozilla's list."""
    import certifi

    return certifi.where()


def _proxy_for(url: str, variables: Mapping[str, str]) -> str | None:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    names = [f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"]
    if scheme == "http" and "REQUEST_METHOD" in variables:
        names.remove("HTTP_PROXY")
    proxy = next((variables[name].strip() for name in names if name in variables), "")
    if not proxy or _is_direct(parts.hostname or "", parts.port or _DEFAULT_PORTS.get(scheme), variables):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_direct(host: str, port: int | None, variables: Mapping[str, str]) -> bool:
    listed = variables.get("no_proxy", variables.get("NO_PROXY", ""))
    return any(_names(entry, host, port) for entry in re.split(r"[,\s]+", listed.strip().lower()) if entry)


def _names(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of NO_PROXY, in lower case, names a host."""
    if entry == "*":
        return True
    name, wanted_port = _split_port(entry)
    if wanted_port is not None and wanted_port != port:
        return False
    host = host.rstrip(".").lower()
    try:
        address = ip_address(host)
    except ValueError:
        name = name.removeprefix("*").strip(".")
        return bool(name) and (host == name or host.endswith("." + name))
    try:
        return address in ip_network(name, strict=False)
    except ValueError:
        return False


def _split_port(entry: str) -> tuple[str, int | None]:
    """Parts `host:port` and `[v6]:port`; an IPv6 address without brackets has no port."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, int(rest[1:]) if rest[:1] == ":" and rest[1:].isdecimal() else None
    name, colon, port = entry.rpartition(":")
    if colon and ":" not in name and port.isdecimal():
        return name, int(port)
    return entry, None
