from math import inf

import pytest

from campaigns.models import Message, PortalSettings, Suppression
from campaigns.services.erasing import erase_contact, remember_erased
from campaigns.services.opting_out import link_maker, opt_out, sample_link
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from campaigns.services.planning.readiness import problems
from campaigns.services.planning.sampling import sample_people
from tests.factories import make_account, make_campaign, make_contact, make_list, make_message, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seams(vendor, queued):
    PortalSettings.objects.create(pk=1, organisation="見本商店", approval_above=None)


def token_of(message: Message) -> str:
    return link_maker(message.campaign_id)(message.contact_id).rpartition("/")[2]


def test_the_link_in_a_text_stops_the_one_who_got_it():
    people = [make_contact(), make_contact()]
    body = "見本商店です。配信停止: {{配信停止URL}}"
    campaign = make_campaign(account=make_account(provider="scripted"), lists=[make_list(*people)], body=body)
    start_preparation(campaign)
    prepare_campaign(campaign, until=inf)
    first, second = Message.objects.order_by("pk")
    assert first.body.partition("/o/")[2] != second.body.partition("/o/")[2]
    assert opt_out(first.body.rpartition("/")[2])
    row = Suppression.objects.get()
    assert (row.phone, row.reason, row.source, row.note) == (first.phone, "opt_out", "配信停止ページ", campaign.name)


def test_a_preview_counts_a_link_of_real_length():
    person = make_contact()
    (shown,) = sample_people([make_list(person)], []).people
    assert shown.values["配信停止URL"] == sample_link()
    assert len(sample_link()) >= len(link_maker(999)(1_000_000))


def test_an_advertisement_with_the_link_says_enough_to_be_sent():
    wanted = {"purpose": "advertising", "account": make_account(provider="scripted")}
    assert not problems(make_campaign(body="見本商店のセールです。配信停止: {{配信停止URL}}", **wanted))
    assert problems(make_campaign(body="見本商店のセールです。", **wanted))


def test_a_second_click_keeps_the_first_date():
    token = token_of(make_message())
    assert opt_out(token)
    first = Suppression.objects.get().created_at
    assert opt_out(token)
    assert Suppression.objects.get().created_at == first


def test_the_link_works_after_the_entry_was_deleted():
    message = make_message()
    token = token_of(message)
    message.contact.delete()
    assert opt_out(token)
    assert Suppression.objects.get().phone == message.phone


def test_of_somebody_erased_the_refusal_waits_until_they_come_back():
    message = make_message(state="delivered")
    token, phone = token_of(message), message.phone
    erase_contact(message.contact, make_user("operator"))
    assert opt_out(token)
    assert not Suppression.objects.filter(phone=phone).exists()
    assert remember_erased([phone]) == 1
    assert Suppression.objects.filter(phone=phone).exists()


@pytest.mark.parametrize("token", ["", "abc", "0000000000000", "あ"])
def test_what_is_no_link_of_ours_stops_nobody(token):
    make_message()
    assert not opt_out(token)
    assert not Suppression.objects.exists()
