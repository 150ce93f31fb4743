"""Templates the vendor keeps: what taking them over changes, and when the vendor fills its own."""

from dataclasses import replace
from math import inf
from typing import Any

import pytest

from campaigns.errors import RuleError
from campaigns.models import (
    Activity,
    Campaign,
    FieldValues,
    MessageTemplate,
    PortalSettings,
    ProviderAccount,
    RegisteredTemplate,
    User,
)
from campaigns.services.envelopes import envelope_of, seal
from campaigns.services.planning import registered_templates
from campaigns.services.planning.preparing import (
    clear_preparation,
    discard_preparation,
    prepare_campaign,
    start_preparation,
)
from campaigns.services.planning.registered_templates import Change
from providers.base import TemplateText, VendorTemplate
from providers.errors import AccountRefused
from tests.factories import make_account, make_campaign, make_contact, make_list, make_template, make_user
from tests.fakes import ScriptedProvider

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(vendor: type[ScriptedProvider], monkeypatch: pytest.MonkeyPatch) -> list[VendorTemplate]:
    """What the vendor keeps; nothing kept is a refused account."""
    kept: list[VendorTemplate] = []

    async def templates(self: Any) -> list[VendorTemplate]:
        if not kept:
            raise AccountRefused("credentials_refused")
        return kept

    monkeypatch.setattr(vendor, "templates", templates)
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, fills_templates=True))
    return kept


@pytest.fixture
def account(kept: object) -> ProviderAccount:
    return make_account(provider="scripted")


@pytest.fixture
def actor() -> User:
    return make_user("operator")


@pytest.mark.parametrize(
    ("theirs", "change"),
    [
        pytest.param(VendorTemplate("新", "ご予約は明日です。"), Change.NEW, id="unknown here"),
        pytest.param(VendorTemplate("予約", "ご予約は{{日}}です。"), Change.SAME, id="the very text"),
        pytest.param(VendorTemplate("予約", "ご予約は{{日}}です。\r\n"), Change.CHANGED, id="another text"),
        pytest.param(VendorTemplate("空", " "), Change.UNUSABLE, id="no text"),
        pytest.param(VendorTemplate("", "本文"), Change.UNUSABLE, id="no name"),
        pytest.param(VendorTemplate("名" * 101, "本文"), Change.UNUSABLE, id="too long a name"),
        pytest.param(VendorTemplate("壊れ", "ご予約は{{日です。"), Change.UNUSABLE, id="a broken field"),
    ],
)
def test_each_is_compared_with_ours(
    account: ProviderAccount, kept: list[VendorTemplate], theirs: VendorTemplate, change: Change
) -> None:
    make_template(name="予約", body="ご予約は{{日}}です。")
    kept.append(theirs)
    (offer,) = registered_templates.offered_templates(account)
    assert offer.change == change
    assert bool(offer.problem) is (change == Change.UNUSABLE)


def test_two_of_one_name_cannot_be_told_apart(
    account: ProviderAccount, kept: list[VendorTemplate], actor: User
) -> None:
    kept += [VendorTemplate("予約", "一つ目"), VendorTemplate("予約", "二つ目")]
    assert [offer.change for offer in registered_templates.offered_templates(account)] == [Change.UNUSABLE] * 2
    assert registered_templates.take_over(account, ["予約"], actor) == 0


def test_only_what_was_chosen_is_taken_over(account: ProviderAccount, kept: list[VendorTemplate], actor: User) -> None:
    old = make_template(name="予約", body="前の本文", version=3)
    kept += [VendorTemplate("予約", "次の本文"), VendorTemplate("お知らせ", "本文"), VendorTemplate("ほか", "本文")]
    assert registered_templates.take_over(account, ["予約", "お知らせ"], actor) == 2
    old.refresh_from_db()
    assert (old.body, old.version) == ("次の本文", 4)
    assert set(MessageTemplate.objects.values_list("name", flat=True)) == {"予約", "お知らせ"}
    assert set(Activity.objects.values_list("verb", flat=True)) == {"template_edited", "template_created"}


def test_one_renamed_here_is_still_known(account: ProviderAccount, kept: list[VendorTemplate], actor: User) -> None:
    kept.append(VendorTemplate("予約", "本文"))
    registered_templates.take_over(account, ["予約"], actor)
    MessageTemplate.objects.update(name="予約の確認")
    assert registered_templates.offered_templates(account)[0].change == Change.SAME


def test_a_vendor_that_refuses_is_said_in_words(account: ProviderAccount) -> None:
    with pytest.raises(RuleError, match="認証情報"):
        registered_templates.offered_templates(account)


def tied(account: ProviderAccount, body: str = "{{氏名|お客様}}様 {{日}}です。") -> MessageTemplate:
    template = make_template(body=body)
    RegisteredTemplate.objects.create(
        template=template, account=account, vendor_id="T-1", fields={"name": "氏名", "date": "日"}
    )
    return template


def prepared(account: ProviderAccount, template: MessageTemplate, /, **changes: Any) -> Campaign:
    PortalSettings.objects.get_or_create(pk=1)
    people = make_contact(name="見本花子", attributes={"日": "1日"}), make_contact(name="", attributes={"日": "2日"})
    lacking = make_contact(name="見本太郎")
    values = {"account": account, "template": template, "body": template.body} | changes
    campaign = make_campaign(lists=[make_list(*people, lacking)], **values)
    start_preparation(campaign)
    prepare_campaign(campaign, until=inf)
    campaign.refresh_from_db()
    return campaign


@pytest.mark.usefixtures("queued")
def test_a_tied_template_is_filled_by_the_vendor_with_what_was_pinned(account: ProviderAccount) -> None:
    campaign = prepared(account, tied(account))
    assert campaign.vendor_template["id"] == "T-1"
    rows = list(campaign.messages.filter(state="queued").order_by("pk"))
    RegisteredTemplate.objects.all().delete()  # what happens to the tie later changes nothing
    sealed = seal(rows, {campaign.pk: envelope_of(campaign, campaign.created_at)})
    assert [sms.content for sms in sealed] == [
        TemplateText("T-1", {"name": "見本花子", "date": "1日"}),
        TemplateText("T-1", {"name": "お客様", "date": "2日"}),
    ]
    assert sealed[0].body == "見本花子様 1日です。"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"body": "{{氏名|お客様}}様 {{日}}ですよ。"}, id="edited since"),
        pytest.param({"template": None}, id="no template"),
    ],
)
@pytest.mark.usefixtures("queued")
def test_every_other_text_goes_as_a_text(account: ProviderAccount, changes: dict[str, Any]) -> None:
    campaign = prepared(account, tied(account), **changes)
    assert campaign.vendor_template == {}
    assert not FieldValues.objects.exists()


@pytest.mark.usefixtures("queued")
def test_a_text_changed_here_is_not_the_vendors_any_more(account: ProviderAccount) -> None:
    template = tied(account)
    template.body, template.version = "{{氏名|お客様}}様 {{日}}に変わりました。", 2
    template.save()
    assert prepared(account, template).vendor_template == {}


@pytest.mark.usefixtures("queued")
def test_another_account_gets_the_text(account: ProviderAccount) -> None:
    campaign = prepared(make_account(provider="scripted"), tied(account))
    assert campaign.vendor_template == {}


@pytest.mark.usefixtures("queued")
def test_an_edited_draft_forgets_what_was_pinned(account: ProviderAccount) -> None:
    campaign = prepared(account, tied(account))
    assert FieldValues.objects.count() == 2
    discard_preparation(campaign)
    clear_preparation(campaign, until=inf)
    assert not FieldValues.objects.exists()


def test_one_id_belongs_to_one_template(account: ProviderAccount, actor: User) -> None:
    tied(account)
    with pytest.raises(RuleError, match="すでに使われています"):
        registered_templates.tie(RegisteredTemplate(template=make_template(), account=account, vendor_id="T-1"), actor)
