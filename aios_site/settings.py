"""Settings, from the environment. What a product owner may want to change is data, not a setting."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from aios_site import env
from aios_site.logging import configure_logging
from aios_site.stack.urls import celery_url, database_settings

BASE_DIR = Path(__file__).resolve().parent.parent
AIOS_HOME = Path(env.text("AIOS_HOME", str(Path.home() / ".local/share/aios-review")))

DEBUG = env.flag("AIOS_DEBUG", default=False)
SECRET_KEY = env.text("AIOS_SECRET_KEY")
# Keys of the past, by commas: they still open what was signed or sealed under them.
SECRET_KEY_FALLBACKS = env.words("AIOS_SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("AIOS_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
PUBLIC_URL = env.text("AIOS_PUBLIC_URL", f"http://localhost:{env.number('PORT', 8000)}")
SERVED_BY_HTTPS = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "aios_site",
    "review",
    "routing",
    "governance",
    "governance.admin.site.ScopedAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "csp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "oauth2_provider",
    "rest_framework",
]

MIDDLEWARE = [
    "governance.middleware.CorrelationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "aios_site.static_files.StaticFilesMiddleware",
    "aios_site.waiting.WaitingMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "aios_site.urls"
WSGI_APPLICATION = "aios_site.wsgi.application"
ASGI_APPLICATION = "aios_site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "governance.context.shell",
                "review.context.dead_letters",
            ],
        },
    },
]


def _database(url: str) -> dict[str, Any]:
    settings = database_settings(url)
    settings["CONN_MAX_AGE"] = None
    settings["ATOMIC_REQUESTS"] = True
    # Django's own cursors bind on the client and never prepare; governance.statements does.
    settings["OPTIONS"]["prepare_threshold"] = 1
    # A server that has vanished without a word is noticed in seconds.
    settings["OPTIONS"] = {"connect_timeout": 5, "tcp_user_timeout": 20_000} | settings["OPTIONS"]
    return settings


# `default` runs as the role aios_app, under row-level security; `owner` is for migrations alone.
DATABASE_URL = env.text("DATABASE_URL", "postgresql://aios_app@localhost/aios")
DATABASES = {
    "default": _database(DATABASE_URL),
    "owner": _database(env.text("DATABASE_OWNER_URL", DATABASE_URL)) | {"ATOMIC_REQUESTS": False},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", "redis://localhost:6379/0")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}]},
    },
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
}

CELERY_BROKER_URL = celery_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# After QUIT; upon TERM tasks have this long to end by themselves before they are made to hand back what they hold.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = AIOS_WORKER_GRACE_S = env.number("AIOS_WORKER_GRACE_S", 2, most=200)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "forget-expired": {"task": "governance.tasks.forget_expired", "schedule": timedelta(minutes=10)},
    "forget-drafts": {"task": "review.tasks.forget_drafts", "schedule": timedelta(hours=6)},
    "watch": {"task": "routing.tasks.watch", "schedule": timedelta(minutes=1)},
    "announce-replays": {"task": "routing.tasks.announce_replays", "schedule": timedelta(seconds=30)},
}

AUTH_USER_MODEL = "governance.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "governance.views.accounts.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key", "reset_password": "20/m/ip,5/m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "AIOS Review"
AIOS_REQUIRE_MFA = env.flag("AIOS_REQUIRE_MFA", default=True)

OAUTH2_PROVIDER_APPLICATION_MODEL = "governance.ApiClient"
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "SCOPES": {"api": "The HTTP API"},
    "DEFAULT_SCOPES": ["api"],
    "PKCE_REQUIRED": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    **{
        f"COMPLIANT_BCP_RFC9700_{name}": True
        for name in (
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "REDIRECT_URI_SCHEME",
            "REFRESH_TOKEN",
            "TOKEN_STORAGE",
        )
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["governance.api.authentication.PrincipalAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["governance.api.permissions.HasCapability"],
    "DEFAULT_PARSER_CLASSES": ["governance.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "governance.api.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AIOS Review",
    "DESCRIPTION": "Send items, work queues, read outcomes, export labelled corrections.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Fields of one name with other values would be told apart by a hash.
    "ENUM_NAME_OVERRIDES": {
        "BudgetStateEnum": ["measuring", "within", "spent"],
        "CertificateStateEnum": ["valid", "expired", "void", "outdated"],
        "ItemStateEnum": ["received", "predicting", "in_review", "held", "resolved", "withdrawn", "dead"],
        "ReplayStateEnum": ["waiting", "running", "done", "failed"],
        "WayEnum": ["auto", "people", "escalate"],
        "ToneEnum": ["good", "warn", "bad"],
    },
}

# Limits that protect the product from a request; sizes in bytes.
AIOS_ITEM_BYTES = env.number("AIOS_ITEM_BYTES", 1 << 20)
AIOS_BATCH_BYTES = env.number("AIOS_BATCH_BYTES", 64 << 20)
AIOS_BATCH_ITEMS = 10_000
AIOS_ATTACHMENT_BYTES = env.number("AIOS_ATTACHMENT_BYTES", 20 << 20)
# Published events, deliveries and their attempts are kept so long.
AIOS_EVENT_DAYS = env.number("AIOS_EVENT_DAYS", 30, least=1)
AIOS_METRICS_TOKEN = env.text("AIOS_METRICS_TOKEN", "")
# Requests of one person or client over the API; 0: as many as come.
AIOS_REQUESTS_PER_S = env.number("AIOS_REQUESTS_PER_S", 500)
AIOS_REQUESTS_BURST = env.number("AIOS_REQUESTS_BURST", 2 * AIOS_REQUESTS_PER_S, least=1)
# Webhooks and models: hosts of one's own network that an admin has listed, and plain HTTP to public ones.
AIOS_ALLOW_PRIVATE_HOSTS = env.flag("AIOS_ALLOW_PRIVATE_HOSTS", default=True)
AIOS_ALLOW_HTTP_ENDPOINTS = env.flag("AIOS_ALLOW_HTTP_ENDPOINTS", default=False)
DATA_UPLOAD_MAX_MEMORY_SIZE = AIOS_BATCH_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

STORAGE_ROOT = Path(env.text("AIOS_STORAGE_ROOT", str(AIOS_HOME / "files")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(STORAGE_ROOT)}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# `manage.py collectstatic` fills it with compressed files; without it the files are served from where they lie.
_COLLECTED = Path(env.text("AIOS_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATIC_ROOT = _COLLECTED if _COLLECTED.is_dir() or "collectstatic" in sys.argv else None
# Files that finders find would stand before the compressed ones.
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_BACKEND = env.text("AIOS_EMAIL_BACKEND", "aios_site.mail.EmailBackend")
EMAIL_HOST = env.text("AIOS_EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("AIOS_EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("AIOS_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.text("AIOS_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env.flag("AIOS_EMAIL_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("AIOS_EMAIL_FROM", "AIOS Review <no-reply@localhost>")

LANGUAGE_CODE = "en"
# Each by its own name, so that who needs it can read it.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_TZ = True
TIME_ZONE = env.text("AIOS_TIME_ZONE", "UTC")

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SERVED_BY_HTTPS
SESSION_COOKIE_NAME = "aios_session"
CSRF_COOKIE_NAME = "aios_csrf"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_SSL_REDIRECT = SERVED_BY_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if SERVED_BY_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SERVED_BY_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("AIOS_BEHIND_PROXY", default=False) else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    },
}

# The settings file's one side effect is logging, so that even a failed start is logged in the chosen form.
LOGGING_CONFIG = None
configure_logging(form=env.text("AIOS_LOG_FORMAT", "text"), level=os.environ.get("AIOS_LOG_LEVEL", "INFO"))
