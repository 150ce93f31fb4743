"""All settings, read from the environment; README.md beside this file names each variable."""

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from . import keys

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("SMSPORTAL_VAR", BASE_DIR / "var"))
VAR_DIR.mkdir(parents=True, exist_ok=True)
MAINTENANCE_NOTICE = VAR_DIR / "maintenance"  # while this file exists, pages are closed
DEMO_LOGINS = VAR_DIR / "demo-logins.txt"  # made by seed_demo, shown by run.py

DATABASE_URL = os.environ.get("DATABASE_URL", "")
BROKER_URL = os.environ.get("BROKER_URL", "")
if DATABASE_URL and not (os.environ.get("SECRET_KEY") and os.environ.get("FIELD_KEYS")):
    # Keys made here would differ on each machine, and what one encrypts the others could not read.
    raise ImproperlyConfigured("With DATABASE_URL, set SECRET_KEY and FIELD_KEYS too; see smsportal/README.md.")

SECRET_KEY = keys.read_or_create("SECRET_KEY", VAR_DIR / "keys", keys.django_key)
# Newest first; older keys only decrypt. Rotation is described in README.md.
FIELD_KEYS = keys.read_or_create("FIELD_KEYS", VAR_DIR / "keys", keys.field_key).split(",")

DEBUG = os.environ.get("DEBUG") == "1"
PORT = int(os.environ.get("PORT", "8000"))
SANDBOX_PORT = int(os.environ.get("SANDBOX_PORT", PORT + 1))  # the vendors' stand-ins, on the loopback address
PORTAL_URL = os.environ.get("PORTAL_URL", f"http://127.0.0.1:{PORT}")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
BEHIND_TLS = PORTAL_URL.startswith("https://")
if os.environ.get("BEHIND_PROXY") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

INSTALLED_APPS = [
    "campaigns",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_q",
    "heroicons",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads each answer by chance, so that its length tells no secret (BREACH)
    "smsportal.middleware.browser_rules",
    "smsportal.middleware.machines",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "smsportal.middleware.maintenance",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "smsportal.middleware.own_language",
    "smsportal.middleware.SignedIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "smsportal.urls"
WSGI_APPLICATION = "smsportal.wsgi.application"
ASGI_APPLICATION = "smsportal.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "campaigns.templatetags.sms"],
        },
    }
]

# Each option here costs or saves a factor: IMMEDIATE ends "database is locked", WAL lets readers read while one
# writes, kept connections spare the task broker one connection a call.
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": VAR_DIR / "portal.sqlite3",
    "CONN_MAX_AGE": 600,
    "OPTIONS": {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
    # A file as in production: threads that share a database in memory do not wait for each other, they fail.
    "TEST": {"NAME": VAR_DIR / "test.sqlite3"},
}
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)
    if DATABASE_URL
    else SQLITE
}
if DATABASE_URL.startswith("postgres"):
    # Compiling a statement anew each time takes PostgreSQL longer than any of ours takes to run.
    DATABASES["default"]["OPTIONS"] = {"options": "-c jit=off"} | DATABASES["default"].get("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# allauth counts failed log-ins in the default cache, so all processes must share it. Not in Redis: no page may depend
# on the broker, least of all the one with the button that stops a campaign.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"},
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# A broker that vanishes without a word is given up after seconds. Above the one second a worker waits for a task.
REDIS_PATIENCE = "socket_connect_timeout=3&socket_timeout=10"

# A task is one look at what is due and is never repeated by the queue: our tables say what is left to do.
# retry > timeout × (⌈(queue_limit + bulk) / workers⌉ + 1), else a task that merely waits would run twice.
Q_CLUSTER = {
    "name": "smsportal",
    "workers": int(os.environ.get("WORKERS", "2")),
    "queue_limit": 2,
    "bulk": 1,
    "poll": 0.2,
    "timeout": 60,
    "retry": 300,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    "max_rss": 300_000,
    "cache": "local",
    "label": "django-q2",
    **(
        {"redis": f"{BROKER_URL}{'&' if '?' in BROKER_URL else '?'}{REDIS_PATIENCE}"}
        if BROKER_URL
        else {"orm": "default"}
    ),
}

AUTH_USER_MODEL = "campaigns.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = ["smsportal.hashers.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "smsportal.accounts.Accounts"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
# Says the same for every address; and allauth's mail to strangers would lead to the sign-up we do not have.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or second factor is told to its owner
# Addresses are given by an administrator, not proved by their owners.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_ADAPTER = "smsportal.accounts.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
# Browsers allow passkeys over plain http on localhost only; that is for trying the portal out.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS

CSRF_FAILURE_VIEW = "campaigns.views.failures.stale_page"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# One constant policy for every page, the admin's included: nothing inline, nothing from elsewhere.
SECURE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("日本語")), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "smsportal" / "locale"]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "uploads"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_TEMP_DIR = None
IMPORT_MAX_BYTES = int(os.environ.get("IMPORT_MAX_BYTES", "200_000_000"))
IMPORT_MAX_UNPACKED_BYTES = int(os.environ.get("IMPORT_MAX_UNPACKED_BYTES", "1_500_000_000"))  # of a workbook
IMPORT_MAX_ROWS = int(os.environ.get("IMPORT_MAX_ROWS", "2_000_000"))
IMPORT_MAX_COLUMNS = int(os.environ.get("IMPORT_MAX_COLUMNS", "200"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# Without a mail server, mails are written to files where an administrator can read them.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if os.environ.get('EMAIL_HOST') else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_TIMEOUT = 10  # seconds; a mail server that hangs holds up neither a page nor the worker
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS") == "1"
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", "smsportal@localhost")

SILENCED_SYSTEM_CHECKS = [] if BEHIND_TLS else ["security.W004", "security.W008", "security.W012", "security.W016"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"without_keys": {"()": "smsportal.logs.WithoutKeys"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_keys"]}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # httpx writes whole URLs at INFO, and one vendor's URLs carry the token.
    "loggers": {"httpx": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
