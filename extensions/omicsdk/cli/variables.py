"""Environment variables that omicsdk reads, and those that are misspelled."""

from __future__ import annotations

from omicsdk.cli.services import SERVICE_VARIABLES, variable
from omicsdk.core.likeness import did_you_mean, nearest
from omicsdk.core.settings.profiles import DEFAULT_VARIABLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# Environment variables that omicsdk reads, besides those that begin with OMICS_.
VARIABLES = (
    # Human Cell Atlas
    *("HCA_CONFIG_FILE", "XDG_CONFIG_HOME", "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"),
    # django-crunch and Pangea
    *("CRUNCH_URL", "CRUNCH_TOKEN", "CRUNCH_STORAGE_SETTINGS"),
    *("PANGEA_ENDPOINT", "PANGEA_USER", "PANGEA_PASS", "PANGEA_API_CACHE_DIR"),
    # Seven Bridges
    *("SB_API_ENDPOINT", "SB_AUTH_TOKEN", "SB_PROFILE"),
    # Gen3 and GA4GH DRS
    *("GEN3_ENDPOINT", "GEN3_COMMONS_URL", "GEN3_API_KEY", "GEN3_TOKEN"),
    *("DRS_CACHE", "DRS_CACHE_EXPIRE_DURATION", "DRS_RESOLUTION_ORDER", "DRS_RESOLVER_HOSTNAME"),
    # Portals
    "GDC_TOKEN",
    # S3
    *("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"),
    *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"),
    # The network
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)

_FILES = "SETTINGS_FILE ALIASES_FILE TOKEN_FILE STATE_DIR CLIENT_CERT CLIENT_KEY COMPLETE_DEBUG"
_PLATFORMS = "DSS_STAGING_BUCKET DSS_HMAC_KEY DRS_HOSTS SANDBOX_URL SEARCH_PORTALS COMPAT PROFILE RESPONSE_LIMIT"
_CREDENTIALS = "GOOGLE_TOKEN GOOGLE_PROJECT NCBI_API_KEY DRYAD_TOKEN S3_SSE_C_KEY S3_REQUESTER_PAYS"
_ADDRESSES = "GOOGLE ENA EUTILS GEO GEO_FILES EGA ANVIL BIOSTUDIES PRIDE METABOLIGHTS SDL"
_REPOSITORIES = "ZENODO FIGSHARE DATAVERSE DRYAD DATACITE DOI IDENTIFIERS"

# Beginnings that only variables of omicsdk have: the names of sections of settings.
_ALWAYS = ("OMICS_TRANSFER_", "OMICS_CLI_")

# Likeness from which a variable is taken for a misspelled one: OMICS_LOGLEVEL has 0.97, OMICS_OUTPUT_DIR 0.86.
_NEAR = 0.9


def misspelled(names: Iterable[str], services: Callable[[], Iterable[str]]) -> Iterator[str]:
    """Yield a message for each variable that looks like one of omicsdk's, and is none.

    Only near names, and those of options of transfers without TRANSFER_, are reported, since programs may have an OMICS_OUTPUT_DIR for themselves.

    Args:
        names: Names of variables, which begin as those of omicsdk.
        services: Returns the words of all services, those of plugins included, which have variables, too.
    """
    known_names = {
        *VARIABLES,
        *DEFAULT_VARIABLES,
        *SERVICE_VARIABLES,
        *(f"OMICS_{name}" for name in f"{_FILES} {_PLATFORMS} {_CREDENTIALS}".split()),
        *(f"OMICS_{name}_URL" for name in f"{_ADDRESSES} {_REPOSITORIES}".split()),
    }
    unknown = [name for name in names if name not in known_names]
    service_words = services() if unknown else ()
    of_plugins = {variable(service, what) for service in service_words for what in ("TOKEN", "URL")}
    for name in unknown:
        meant = name.replace("_CLI_", "_", 1)
        if (of_transfers := name.replace("OMICS_", "OMICS_TRANSFER_", 1)) in DEFAULT_VARIABLES:
            meant = of_transfers
        if name.startswith(_ALWAYS) or (name not in of_plugins and nearest(meant, known_names, least=_NEAR)):
            yield f"{name} has no effect: no such variable. {did_you_mean(meant, sorted(known_names))}".rstrip()
