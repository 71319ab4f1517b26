"""Run by the environment of django-crunch: `crunch_site.py PORT TOKEN` migrates a site in the current folder, and serves it.

The site is the package's own application without the content management that its pages for browsers have: its API needs none.
"""

import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

APPLICATIONS = [
    *(f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")),
    *(
        "polymorphic_tree",
        "polymorphic",
        "django_extensions",
        "rest_framework",
        "rest_framework.authtoken",
        "mptt",
        "crunch",
    ),
]
# The administration's pages ask for them when the site starts.
PROCESSORS = [
    "contrib.auth.context_processors.auth",
    "contrib.messages.context_processors.messages",
    "template.context_processors.request",
]
# As in the project that the package brings (crunch/django/proj/settings.py).
API = {
    "DEFAULT_AUTHENTICATION_CLASSES": (
        "rest_framework.authentication.BasicAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ),
    "DEFAULT_PERMISSION_CLASSES": ("rest_framework.permissions.DjangoModelPermissions",),
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 20,
}


def main(port, token):
    settings.configure(
        SECRET_KEY="of a site on loopback",
        ALLOWED_HOSTS=["127.0.0.1"],
        INSTALLED_APPS=APPLICATIONS,
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": [f"django.{name}" for name in PROCESSORS]},
            }
        ],
        ROOT_URLCONF="crunch.django.app.urls",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path.cwd() / "db.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        STATIC_URL="/static/",
        MEDIA_ROOT=str(Path.cwd() / "storage"),
        REST_FRAMEWORK=API,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth import get_user_model
    from rest_framework.authtoken.models import Token

    user = get_user_model().objects.create_superuser("runner")
    Token.objects.filter(user=user).delete()
    Token.objects.create(user=user, key=token)
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
