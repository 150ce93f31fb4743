from time import monotonic

import pytest

from campaigns.models import Campaign
from campaigns.services.planning import preparing
from campaigns.services.planning.confirming import examples, is_uncertain, lacking, left_out
from tests.factories import make_account, make_campaign, make_contact, make_list

pytestmark = pytest.mark.django_db


def counted(**overrides) -> Campaign:
    account = overrides.pop("account", None) or make_account(counting_profile="zettai")
    campaign = make_campaign(account=account, **overrides)
    preparing.start_preparation(campaign)
    preparing.prepare_campaign(campaign, until=monotonic() + 5)
    campaign.refresh_from_db()
    return campaign


def test_the_longest_text_is_that_of_everybody_not_of_the_first_few():
    short = [make_contact(name="森") for _ in range(600)]  # all of as many parts as the longest
    longest = make_contact(name="勅使河原 権左衛門")
    campaign = counted(body="{{氏名}}様", lists=[make_list(*short, longest, make_contact(name="林"))])
    assert examples(campaign)[0].message.contact == longest


def test_a_text_of_more_parts_is_longer_than_one_of_more_characters(vendor):
    several = make_contact(name="👍" * 36)  # 72 units
    account = make_account(provider="scripted", counting_profile="standard")
    people = [make_contact(name="あ" * 70), several]
    assert examples(counted(body="{{氏名}}", account=account, lists=[make_list(*people)]))[0].message.contact == several


@pytest.mark.parametrize(("units", "uncertain"), [(132, False), (133, True)])
def test_the_figures_are_the_most_where_the_longest_text_may_count_less(units, uncertain):
    assert is_uncertain(counted(body="あ" * units)) is uncertain


def test_nobody_left_has_no_longest_text():
    campaign = counted(body="{{予約日}}")
    assert campaign.longest_message is None
    assert examples(campaign) == []
    assert not is_uncertain(campaign)


def test_who_is_left_out_is_listed_with_what_they_lack():
    person = make_contact(attributes={"店": "本店"})
    campaign = counted(body="{{店}} {{予約日}} {{担当}}", lists=[make_list(person, make_contact())])
    (row, _other) = left_out(campaign, "missing_value").order_by("pk")
    assert row.contact == person
    assert lacking(campaign, row.contact) == ["予約日", "担当"]
    assert not left_out(campaign, "opted_out").exists()
