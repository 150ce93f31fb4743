"""Trouble with the account or the connection. What became of one message is a value, see base.py."""

# ruff: noqa: N818 (an error is named for what happened)

# Every code an error can carry, and with it the reasons of TurnedAway and Unknown; screens hold one text for each.
CODES = frozenset(
    {
        "provider_error",
        "not_reached",
        "address_not_found",
        "throttled",
        "no_answer",
        "unreadable_reply",
        "reply_too_large",
        "unexpected_status",
        "system_error",
        "account_refused",
        "insecure_address",
        "credentials_refused",
        "access_refused",
        "sender_refused",
        "quota_used_up",
        "call_refused",
        "webhook_refused",
        "version_refused",
        "callback_refused",
        "wrong_product",
        "not_set_up",
        "report_refused",
        "link_refused",
        "already_started",
    }
)


class ProviderError(Exception):
    """`code` is stable and safe to show or log: never a URL, a credential or a text."""

    code = "provider_error"

    def __init__(self, code: str = "", *, vendor_code: str = "", retry_after: float | None = None) -> None:
        self.code = code or type(self).code
        self.vendor_code = vendor_code
        self.retry_after = retry_after
        super().__init__(f"{self.code} {vendor_code}".rstrip())


class NotReached(ProviderError):
    """The request certainly did not leave, so it may be sent again."""

    code = "not_reached"


class Throttled(ProviderError):
    """The vendor turned the request away for its rate and took nothing; `retry_after` in seconds where it said so."""

    code = "throttled"


class OutcomeUnknown(ProviderError):
    """The request may have been carried out."""

    code = "no_answer"


class UnreadableReply(OutcomeUnknown):
    """An answer came, but not one the vendor's documents describe."""

    code = "unreadable_reply"


class AccountRefused(ProviderError):
    """Credentials, address, plan or credit: nothing on this account can go until a person has looked."""

    code = "account_refused"


class WebhookRefused(ProviderError):
    """Not a call the vendor would make."""

    code = "webhook_refused"
