"""Signing in: people are made by an administrator, and what happens to their log-ins is noted in 操作履歴."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import filter_users_by_email, filter_users_by_username
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.signals import authentication_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from campaigns.models import Activity, User
from campaigns.models.fields import decrypt, encrypt
from campaigns.texts import verb_text

# What allauth tells the owner of an account by mail -> how 操作履歴 calls it.
ACCOUNT_CHANGES = {
    "account/email/password_changed": "password_changed",
    "account/email/password_set": "password_changed",
    "account/email/password_reset": "password_reset",
    "mfa/email/totp_activated": "authenticator_added",
    "mfa/email/totp_deactivated": "authenticator_removed",
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "mfa/email/recovery_codes_generated": "recovery_codes_made",
}


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Called once the second factor, if there is one, was right as well."""
        super().login(request, user)
        self.note(user, "signed_in")

    def logout(self, request: HttpRequest) -> None:
        self.note(request.user, "signed_out")
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A name nobody has may be a password typed into the wrong field: it is not kept."""
        self.note(_person_named(credentials), "sign_in_failed", by_owner=False)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """One mail in the portal's own words for every change, and a row in 操作履歴."""
        verb = ACCOUNT_CHANGES[template_prefix]
        self.note(user, verb)
        told = {"user": user, "change": verb_text(verb)}
        super().send_notification_mail("account/email/account_changed", user, told, email)

    def note(self, person: Any, verb: str, *, by_owner: bool = True) -> None:
        Activity.objects.note(person if by_owner else None, verb, person, from_address=self.get_client_ip(self.request))


def _person_named(credentials: dict[str, Any]) -> User | None:
    named = filter_users_by_username(credentials.get("username") or "").first()
    found: User | None = named or next(iter(filter_users_by_email(credentials.get("email") or "")), None)
    return found


# The adapters have no method for a wrong code; allauth says it by this signal alone.
@receiver(authentication_failed)
def note_wrong_code(request: HttpRequest, user: User, **kwargs: Any) -> None:
    Accounts(request).note(user, "second_factor_failed", by_owner=False)


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps and recovery codes lie in the database as credentials do: encrypted."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return _("SMS配信ポータル")
