"""The network of a URL as options of libcurl."""

from omicsdk.core.sending.connections import Network, default_ca_file


def curl_options(found: Network) -> dict[str, str]:
    """Return a network as options of a libcurl handle.

    Args:
        found: The result of `network` for the handle's URL.

    Returns:
        Values by the options' names without CURLOPT_ ("CAINFO"), all of them texts. An empty PROXY and NOPROXY prevent
        libcurl from reading the environment itself by other rules.
    """
    # Empty texts rather than no options: libcurl would read http_proxy and no_proxy from the process's environment.
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
