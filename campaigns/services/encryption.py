"""Whatever lies encrypted in the database, in one place: credentials of accounts, secrets of second factors."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from campaigns.models import ProviderAccount
from campaigns.models.fields import decrypt, encrypt

SECRETS = ("secret", "seed")  # of an authenticator app; of recovery codes. A passkey has none: its key is public.


def encrypt_anew() -> int:
    """With the newest of FIELD_KEYS, so that the older ones may go; how many rows."""
    with transaction.atomic():
        accounts = list(ProviderAccount.objects.select_for_update())
        for account in accounts:
            account.save(update_fields=["credentials"])
        factors = list(Authenticator.objects.select_for_update())
        for factor in factors:
            factor.data |= {name: encrypt(decrypt(factor.data[name])) for name in SECRETS if name in factor.data}
            factor.save(update_fields=["data"])
    return len(accounts) + len(factors)
