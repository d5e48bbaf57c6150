"""Where the stand-in answers, under one base address."""

from collections.abc import Mapping

TOKEN = "/oauth/api/v1/oauth/token"  # noqa: S105 - a path
DIRECTKIT = "/mb/conforme/dev/directkitrest"
ONBOARDING = "/onboarding"
WEBKIT = "/webkit/conforme/dev/"
BANK_PAGE = WEBKIT + "bank"
PAY_PAGE = WEBKIT + "pay"
FORMS = "/forms"


def addresses(base_url: str) -> Mapping[str, str]:
    """Give the five addresses under which a stand-in at `base_url` is Lemonway."""
    return {
        "token": base_url + TOKEN,
        "directkit": base_url + DIRECTKIT,
        "webkit": base_url + WEBKIT,
        "onboarding": base_url + ONBOARDING,
        "forms": base_url + FORMS,
    }
