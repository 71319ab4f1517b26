"""The services whose recorded exchanges are played, and how many each has."""

from replaying import Recorded, operations

COUNTS = {
    "dss": (22, 0),
    "azul": (20, 3),
    "fusillade": (53, 0),
    "upload": (19, 0),
    "sb": (163, 18),
    "drs": (9, 3),
    "htsget": (6, 2),
    "refget": (3, 2),
    "trs": (11, 1),
    "gen3/fence": (18, 7),
    "gen3/arborist": (5, 3),
    "gen3/wts": (3, 2),
    "gen3/manifest": (1, 0),
}
"""How many operations are recorded, and how many refusals."""
SERVICES = {service: Recorded(service) for service in COUNTS}
_BROWSER = "logins need a browser, and the sandbox's commons has no pages"
_GOOGLE = "Google accounts aren't part of the sandbox's commons"
_ADMIN = "people are made and removed in the sandbox's Python API"
_ENGINE = "no workflow requests it, so the engine answers"
_HANDLED = {
    "gen3/arborist": (
        "get_health",
        "get_auth_mapping",
        "list_auth_resources",
        "check_auth_proxy",
        "check_auth_request",
    ),
    "gen3/manifest": ("get_status",),
}
"""The operations with a handler, of services that the engine answers for otherwise."""
NOT_PLAYED = {
    **{
        service: {_ENGINE: [operation["name"] for operation in operations(service) if operation["name"] not in handled]}
        for service, handled in _HANDLED.items()
    },
    "sb": {_ENGINE: ["get_billing_endpoints", "send_feedback"]},
    "gen3/wts": {
        _BROWSER: ["get_authorization_url", "authorize", "logout"],
        _ENGINE: ["check_connected", "get_aggregate"],
    },
    "gen3/fence": {
        _BROWSER: [
            *("authorize", "confirm_authorization", "login_with_shibboleth", "login_with_fence", "logout"),
            *("revoke_token", "get_registration_form", "create_api_key", "create_cdis_key"),
        ],
        _ENGINE: [
            *("get_metrics", "get_privacy_policy", "check_token_denylisted", "get_contents", "get_jwt_keys"),
            *("get_openid_configuration", "get_buckets", "list_credential_sources"),
            *("list_api_keys", "delete_api_key", "list_cdis_keys", "delete_cdis_key"),
            *("list_provider_keys", "create_provider_key", "delete_provider_key"),
        ],
        _ADMIN: ["get_user_info_by_name", "soft_delete_user", "reactivate_user", "create_user"],
        _GOOGLE: [
            *("list_google_keys", "create_google_key", "delete_all_google_keys", "delete_google_key"),
            *("link_google_account", "unlink_google_account", "extend_google_link", "finish_google_link"),
            *("get_billing_projects", "list_service_accounts", "register_service_account", "check_service_account"),
            *("get_monitoring_account", "check_service_account_update", "delete_service_account"),
            *("update_service_account", "ensure_primary_service_account"),
        ],
    },
}
"""Operations that aren't recorded because the sandbox refuses them with 501 or answers an example, by reason."""


def not_played(service: str) -> list[str]:
    return [name for names in NOT_PLAYED.get(service, {}).values() for name in names]
