"""Drafts: keeping them as far as they are, copying a campaign into a new one, throwing one away."""

from collections.abc import Iterable
from math import inf

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign, ContactList, User

from .preparing import clear_preparation, discard_preparation

WRITTEN = (
    "name",
    "purpose",
    "account",
    "sender",
    "template",
    "template_version",
    "body",
    "scheduled_for",
    "held_at",
    "deadline_at",
    "updated_at",
)
COPIED = ("purpose", "account", "sender", "template", "template_version", "body")


def save_draft(
    campaign: Campaign, actor: User, *, lists_in: Iterable[ContactList], lists_out: Iterable[ContactList]
) -> None:
    """However incomplete; what was counted no longer holds. RuleError once it is no draft any more."""
    is_new = campaign.pk is None
    with transaction.atomic():
        if is_new:
            _create(campaign, actor)
        else:
            discard_preparation(campaign)
            campaign.save(update_fields=WRITTEN)
        campaign.lists_in.set(lists_in)
        campaign.lists_out.set(lists_out)
        Activity.objects.note(actor, "campaign_created" if is_new else "campaign_edited", campaign)


def _create(campaign: Campaign, actor: User) -> None:
    campaign.created_by = actor
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError as error:  # the same form, posted twice at the same moment
        raise RuleError(_("この下書きはすでに保存されています。")) from error


def duplicate(campaign: Campaign, actor: User) -> Campaign:
    """A new draft with the same text, lists and sender; when it is sent is decided anew."""
    longest = Campaign._meta.get_field("name").max_length or 0
    name = _("%(name)s のコピー") % {"name": campaign.name}
    copied = {field: getattr(campaign, field) for field in COPIED}
    copy = Campaign(name=name[:longest], **copied)
    save_draft(copy, actor, lists_in=campaign.lists_in.all(), lists_out=campaign.lists_out.all())
    return copy


def delete_draft(campaign: Campaign, actor: User) -> None:
    discard_preparation(campaign)  # refuses unless it is a draft
    clear_preparation(campaign, until=inf)  # in chunks of their own, so that others get their turn with the database
    with transaction.atomic():
        Activity.objects.note(actor, "campaign_deleted", campaign)
        campaign.delete()
