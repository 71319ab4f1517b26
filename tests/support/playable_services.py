"""The services whose recorded exchanges are played, and how many each has."""

from replaying import Recorded

COUNTS = {
    "dss": (22, 0),
    "azul": (20, 3),
    "fusillade": (53, 0),
    "upload": (19, 0),
    "sb": (165, 19),
    "drs": (9, 3),
    "htsget": (6, 2),
    "refget": (3, 2),
    "trs": (11, 1),
    "gen3/fence": (28, 10),
    "gen3/arborist": (50, 11),
    "gen3/wts": (5, 3),
    "gen3/manifest": (12, 3),
}
"""How many operations are recorded, and how many refusals."""
SERVICES = {service: Recorded(service) for service in COUNTS}
_BROWSER = "logins need a browser, and the sandbox's commons has no pages"
_GOOGLE = "Google accounts aren't part of the sandbox's commons"
_ADMIN = "people are made and removed in the sandbox's Python API"
_KINDS = "the sandbox's only kinds of keys are api and google"
_DEPLOYMENT = "it tells of a deployment, or is for its other services"
NOT_PLAYED = {
    "gen3/arborist": {"names of users stay in the sandbox": ["update_user"]},
    "gen3/wts": {_BROWSER: ["get_authorization_url", "authorize", "logout"]},
    "gen3/fence": {
        _BROWSER: [
            *("authorize", "confirm_authorization", "login_with_shibboleth", "login_with_fence", "logout"),
            *("revoke_token", "get_registration_form"),
        ],
        _DEPLOYMENT: ["get_metrics", "get_privacy_policy", "check_token_denylisted", "get_contents"],
        _ADMIN: ["get_user_info_by_name", "soft_delete_user", "reactivate_user", "create_user"],
        _KINDS: ["list_provider_keys", "create_provider_key", "delete_provider_key"],
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
