"""Columns of our own: credentials that are readable only with the deployment's keys."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def encrypt(text: str) -> str:
    return _cipher().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    try:
        return _cipher().decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise ImproperlyConfigured("FIELD_KEYS lacks the key this value was encrypted with.") from None


if TYPE_CHECKING:
    Text = models.TextField[Mapping[str, str], dict[str, str]]
else:
    Text = models.TextField


class EncryptedJSONField(Text):
    """A mapping of strings, encrypted with the newest of FIELD_KEYS; a missing key raises, never shows ciphertext."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> dict[str, str]:
        return dict(json.loads(decrypt(value))) if value else {}

    def get_prep_value(self, value: dict[str, str] | None) -> str:
        return encrypt(json.dumps(value or {}))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError("An encrypted value cannot be searched for.")
        return super().get_lookup(lookup_name)
