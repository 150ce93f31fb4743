"""Drafts: keeping them as far as they are, copying a campaign into a new one, throwing one away."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign, CampaignState, ContactList, User

from .preparing import discard_preparation

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
    "shortens_urls",
    "updated_at",
)
COPIED = ("purpose", "account", "sender", "template", "template_version", "body", "shortens_urls")


@dataclass(frozen=True, slots=True)
class Edition:
    """What a page had before it when it was filled in, so that two people do not overwrite each other unseen."""

    revision: int
    page: str = ""  # names the open page: what it saved itself a moment ago is no one else's work
    by_itself: bool = False  # saved while somebody types, not by a decision


class DraftOvertaken(RuleError):  # noqa: N818 - like the other refusals of the house
    """Somebody else saved the draft meanwhile; nothing was stored."""


def save_draft(
    campaign: Campaign,
    actor: User,
    *,
    lists_in: Iterable[ContactList],
    lists_out: Iterable[ContactList],
    edition: Edition | None = None,
) -> None:
    """However incomplete; what was counted no longer holds. RuleError once it is no draft any more."""
    is_new = campaign.pk is None
    edition = edition or Edition(campaign.revision)
    lists_in, lists_out = list(lists_in), list(lists_out)
    if edition.by_itself and not is_new and _is_stored(campaign, lists_in, lists_out):
        return
    is_worth_a_note = is_new or not edition.by_itself or campaign.edited_by_id != actor.pk
    with transaction.atomic():
        is_new = is_new and _create(campaign, actor, edition)
        if not is_new:
            _take_turn(campaign, actor, edition)
            discard_preparation(campaign)
            campaign.save(update_fields=WRITTEN)
        campaign.lists_in.set(lists_in)
        campaign.lists_out.set(lists_out)
        if is_worth_a_note:
            Activity.objects.note(actor, "campaign_created" if is_new else "campaign_edited", campaign)


def _is_stored(campaign: Campaign, lists_in: list[ContactList], lists_out: list[ContactList]) -> bool:
    """Nothing to save, and then nobody can be overwritten: what was counted stays, too."""
    stored = Campaign.objects.select_related("account", "sender", "template").get(pk=campaign.pk)
    is_same = all(getattr(stored, name) == getattr(campaign, name) for name in WRITTEN if name != "updated_at")
    is_same = is_same and set(stored.lists_in.all()) == set(lists_in) and set(stored.lists_out.all()) == set(lists_out)
    if is_same:
        campaign.revision = stored.revision
    return is_same


def _create(campaign: Campaign, actor: User, edition: Edition) -> bool:
    """False where this very page had made it already: saved by itself and by a decision at the same moment."""
    campaign.created_by = campaign.edited_by = actor
    campaign.revision, campaign.edited_in = 1, edition.page
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError as error:
        made = Campaign.objects.filter(reference=campaign.reference, edited_by=actor, edited_in=edition.page).first()
        if made is None or not edition.page:
            raise RuleError(_("この下書きはすでに保存されています。")) from error
        campaign.pk = made.pk
        return False
    return True


def _take_turn(campaign: Campaign, actor: User, edition: Edition) -> None:
    """One UPDATE that names the revision the page began with."""
    mine = Q(revision=edition.revision)
    if edition.page and not edition.by_itself:  # what is saved by itself comes in turn, or too late
        mine |= Q(edited_in=edition.page)
    draft = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT)
    if not draft.filter(mine).update(revision=F("revision") + 1, edited_by=actor, edited_in=edition.page):
        if draft.exists():
            raise DraftOvertaken(_("別の画面で、この下書きが保存されています。"))
        return  # no draft any more: discard_preparation says so
    campaign.refresh_from_db(fields=["revision", "edited_by", "edited_in"])


def duplicate(campaign: Campaign, actor: User) -> Campaign:
    """A new draft with the same text, lists and sender; when it is sent is decided anew."""
    longest = Campaign._meta.get_field("name").max_length or 0
    name = _("%(name)s のコピー") % {"name": campaign.name}
    copied = {field: getattr(campaign, field) for field in COPIED}
    copy = Campaign(name=name[:longest], **copied)
    save_draft(copy, actor, lists_in=campaign.lists_in.all(), lists_out=campaign.lists_out.all())
    return copy


def delete_draft(campaign: Campaign, actor: User) -> None:
    """Gone for everybody at once; its rows, and then itself, go in the background."""
    with transaction.atomic():
        discard_preparation(campaign)  # refuses unless it is a draft
        Activity.objects.note(actor, "campaign_deleted", campaign)
        campaign.move(CampaignState.DELETED)
