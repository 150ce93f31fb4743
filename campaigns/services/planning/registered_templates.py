"""Templates a vendor keeps: taking its texts over as ours, and tying one of ours to the vendor's id."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.errors import InvalidInput, RuleError
from campaigns.models import Activity, MessageTemplate, ProviderAccount, Purpose, RegisteredTemplate, User
from campaigns.rules.parts import prepare_body
from campaigns.rules.placeholders import check
from campaigns.texts import finding_text, trouble_text
from providers.base import VendorTemplate
from providers.errors import ProviderError

from ..accounts import ask_vendor
from .template_versions import save_template

LONGEST_NAME = 100


class Change(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Offer:
    """One template of the vendor's, and what taking it over would do here."""

    name: str
    body: str
    change: Change
    ours: MessageTemplate | None = None
    problem: str = ""  # why it cannot be taken over, as a sentence

    @property
    def can_be_taken(self) -> bool:
        return self.change in {Change.NEW, Change.CHANGED}


def offered_templates(account: ProviderAccount) -> list[Offer]:
    """Ask the vendor now; RuleError says why it did not answer."""
    try:
        found = ask_vendor(account, lambda provider: provider.templates())
    except ProviderError as error:
        text = _("「%(account)s」の定型文を照会できませんでした。%(reason)s")
        raise RuleError(text % {"account": account, "reason": trouble_text(error.code)}) from error
    return _compare(account, found)


def _compare(account: ProviderAccount, found: Sequence[VendorTemplate]) -> list[Offer]:
    ties = RegisteredTemplate.objects.filter(account=account).select_related("template")
    tied = {tie.vendor_id: tie.template for tie in ties}
    times = Counter(each.name for each in found)
    named = {template.name: template for template in MessageTemplate.objects.filter(name__in=times)}
    return [_offer(each, tied.get(each.name) or named.get(each.name), times[each.name]) for each in found]


def _offer(theirs: VendorTemplate, ours: MessageTemplate | None, times: int) -> Offer:
    if problem := _problem(theirs, times):
        return Offer(theirs.name, theirs.body, Change.UNUSABLE, ours, problem)
    body = prepare_body(theirs.body)
    if ours is None:
        return Offer(theirs.name, body, Change.NEW)
    return Offer(theirs.name, body, Change.SAME if ours.body == body else Change.CHANGED, ours)


def _problem(theirs: VendorTemplate, times: int) -> str:
    """Why it cannot be one of ours, where names are unique and fields are whole."""
    if not theirs.name.strip() or len(theirs.name) > LONGEST_NAME:
        return _("名前がないか、%(most)s文字より長い名前です。") % {"most": LONGEST_NAME}
    if times > 1:
        return _("同じ名前の定型文が、配信事業者に2つ以上あります。")
    try:
        found = check(prepare_body(theirs.body))
    except InvalidInput:
        return _("本文がありません。")
    return finding_text(found[0].code, found[0].excerpt) if found else ""


def take_over(account: ProviderAccount, names: Collection[str], actor: User) -> int:
    """Take the vendor's present texts of these names as ours; how many are new or changed now."""
    chosen = [offer for offer in offered_templates(account) if offer.name in names and offer.can_be_taken]
    with transaction.atomic():
        for offer in chosen:
            _take(account, offer, actor)
    return len(chosen)


def _take(account: ProviderAccount, offer: Offer, actor: User) -> None:
    template = offer.ours or MessageTemplate(name=offer.name, purpose=Purpose.NOTICE)
    template.body = offer.body
    save_template(template, actor)
    values = {"account": account, "vendor_id": offer.name, "version": template.version, "fields": {}}
    RegisteredTemplate.objects.update_or_create(template=template, defaults=values)


def tie(tie: RegisteredTemplate, actor: User) -> None:
    """From now on the vendor fills its own template with these fields, as long as the text stays as it is."""
    same = RegisteredTemplate.objects.filter(account=tie.account, vendor_id=tie.vendor_id)
    if taken := same.exclude(template=tie.template).select_related("template").first():
        raise RuleError(_("このIDは、定型文「%(name)s」ですでに使われています。") % {"name": taken.template})
    with transaction.atomic():
        RegisteredTemplate.objects.filter(template=tie.template).delete()
        tie.save()
        Activity.objects.note(actor, "template_edited", tie.template, source=str(tie.account))


def untie(template: MessageTemplate, actor: User) -> None:
    with transaction.atomic():
        if RegisteredTemplate.objects.filter(template=template).delete()[0]:
            Activity.objects.note(actor, "template_edited", template)
