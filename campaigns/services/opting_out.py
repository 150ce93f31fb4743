"""The recipient's own way out: a link in the text that needs no log-in."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaigns.models import Campaign, Message, PortalSettings, SuppressionReason
from campaigns.rules.opt_out_tokens import FIELD, make_token, read_token
from campaigns.rules.placeholders import fields

from .suppressing import suppress


def is_used_in(body: str) -> bool:
    return any(field.name == FIELD for field in fields(body))


def link_maker(campaign_id: int) -> Callable[[int], str]:
    """From a contact's id to the address that stops this portal's messages to them."""
    key = PortalSettings.load().key_of_persons()
    return lambda contact_id: _address(make_token(key, campaign_id, contact_id))


def sample_link() -> str:
    """As long as a real one."""
    return _address("A" * len(make_token(b"", 1_000, 1_000_000)))


def _address(token: str) -> str:
    return settings.PORTAL_URL.rstrip("/") + reverse("opt_out", args=[token])


def opt_out(token: str) -> bool:
    """Whether the link was one of ours. A second click changes nothing."""
    found = read_token(PortalSettings.load().key_of_persons(), token)
    if not found:
        return False
    campaign_id, contact_id = found
    reference = Campaign.objects.filter(pk=campaign_id).values_list("reference", flat=True).first()
    message = Message.objects.filter(reference=f"{reference}{contact_id:012d}").first()
    if message is None:
        return False
    with override(settings.LANGUAGE_CODE):  # the clerks', not the recipient's
        source = _("配信停止ページ")
    # Of somebody erased the pseudonym is registered: it is remembered if the number ever comes back.
    suppress([message.phone], reason=SuppressionReason.OPT_OUT, source=source, note=message.campaign.name[:200])
    return True
