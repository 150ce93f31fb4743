from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from campaigns.models import Campaign, DayCount, DueMessage, Heartbeat, Message, ProviderAccount, VendorCount
from campaigns.rules.sending_window import jst_day
from campaigns.services.figures.month_report import export_rows, month_report
from campaigns.services.figures.overview import first_steps, waiting_for
from campaigns.services.figures.reporting import (
    Figures,
    by_day,
    campaigns_under_way,
    figures_between,
)
from tests.factories import make_account, make_campaign, make_contact, make_message, make_sender, make_user

pytestmark = pytest.mark.django_db
NOVEMBER = date(2026, 11, 1)


def make_count(campaign: Campaign | None = None, **overrides) -> DayCount:
    campaign = campaign or make_campaign(state="completed", unit_price=Decimal("9.50"))
    values = {"campaign": campaign, "account": campaign.account, "day": date(2026, 11, 10), "carrier": "au"}
    values |= {"state": "delivered", "messages": 10, "parts": 20, "billed_parts": 20}
    values |= overrides
    unbilled = 0 if values["billed_parts"] else values["parts"]
    return DayCount.objects.create(**{"unbilled_parts": unbilled} | values)


def november() -> Figures:
    return figures_between(NOVEMBER, date(2026, 11, 30))


@pytest.mark.parametrize(
    ("rule", "counted", "charged"),
    [
        pytest.param("delivered", {}, 20, id="as the vendor billed"),
        pytest.param("delivered", {"billed_parts": 0}, 20, id="delivered, the vendor names no parts: our estimate"),
        pytest.param("delivered", {"billed_parts": 18}, 18, id="the vendor's parts win over our estimate"),
        pytest.param("delivered", {"state": "undelivered", "billed_parts": 0}, 0, id="undelivered costs nothing"),
        pytest.param("delivered", {"state": "undelivered", "billed_parts": 3}, 3, id="unless the vendor billed it"),
        pytest.param("accepted", {"state": "undelivered", "billed_parts": 0}, 20, id="billed when accepted"),
        pytest.param("accepted", {"state": "accepted", "billed_parts": 0}, 20, id="billed before its result"),
        pytest.param("accepted", {"state": "unknown", "billed_parts": 0}, 0, id="perhaps never taken: not billed"),
        pytest.param("accepted", {"state": "refused", "billed_parts": 0}, 0, id="refused: never billed"),
    ],
)
def test_charged_parts_follow_the_vendor_and_then_the_account_s_rule(rule, counted, charged):
    campaign = make_campaign(account=make_account(billing_rule=rule), unit_price=Decimal("9.50"))
    make_count(campaign, **counted)
    assert november().charged == charged
    assert november().cost == charged * Decimal("9.50")


@pytest.mark.parametrize(("rule", "charged"), [("delivered", 3 + 2), ("accepted", 3 + 2 + 4)])
def test_where_the_vendor_named_the_parts_of_some_the_others_count_as_estimated(rule, charged):
    campaign = make_campaign(account=make_account(billing_rule=rule))
    facts = {"day": NOVEMBER, "carrier": "au"}
    make_message(campaign, state="delivered", parts=1, billed_parts=3, **facts)
    make_message(campaign, state="delivered", parts=2, **facts)
    make_message(campaign, state="undelivered", parts=4, billed_parts=0, **facts)
    DayCount.objects.recount(campaign.pk)
    assert november().charged == charged


def test_what_never_left_is_not_counted_as_sent():
    campaign = make_campaign(state="sending")
    for state in ("delivered", "undelivered", "accepted", "unknown", "no_result"):
        make_count(campaign, state=state, messages=1)
    for state in ("queued", "booked", "excluded", "refused", "cancelled", "suppressed", "expired"):
        make_count(campaign, state=state, messages=100)
    figures = november()
    assert (figures.sent, figures.delivered, figures.undelivered, figures.waiting) == (5, 1, 1, 3)


def test_prices_are_those_of_each_campaign():
    for price in ("8.80", "9.50"):
        make_count(make_campaign(unit_price=Decimal(price)), messages=1, parts=1, billed_parts=1)
    assert november().cost == Decimal("18.30")


def test_days_without_messages_are_there_with_zeros():
    make_count(day=date(2026, 11, 2))
    days = by_day(DayCount.objects.all(), NOVEMBER, date(2026, 11, 3))
    assert {day.day: figures.sent for day, figures in days.items()} == {1: 0, 2: 10, 3: 0}


def under_way(*, recipients: int, waiting: int, **overrides) -> Campaign:
    campaign = make_campaign(recipients=recipients, **overrides)
    for _ in range(waiting):
        message = make_message(campaign)
        DueMessage.objects.create(
            message=message, account=campaign.account, campaign=campaign, phone=message.phone, due_at=timezone.now()
        )
    return campaign


def test_progress_is_what_no_longer_waits_in_the_queue():
    started_at = timezone.now() - timedelta(minutes=10)
    under_way(recipients=6, waiting=2, state="sending", started_at=started_at)
    (row,) = campaigns_under_way(started_at + timedelta(minutes=10))
    assert row.done == 4
    assert row.left == pytest.approx(300)


def test_no_end_is_promised_while_paused_or_after_a_night():
    under_way(recipients=2, waiting=1, state="paused", started_at=timezone.now() - timedelta(minutes=1))
    under_way(recipients=2, waiting=1, state="sending", started_at=timezone.now() - timedelta(hours=12))
    assert [(row.done, row.left) for row in campaigns_under_way(timezone.now())] == [(1, None), (1, None)]


def test_a_month_follows_the_closing_day_of_each_account():
    closes_25th = make_campaign(account=make_account(closing_day=25), name="25日締め")
    closes_at_end = make_campaign(account=make_account(closing_day=0), name="月末締め")
    for campaign in (closes_25th, closes_at_end):
        for day, messages in ((date(2026, 10, 26), 1), (date(2026, 11, 10), 10), (date(2026, 11, 26), 100)):
            make_count(campaign, day=day, messages=messages)
    sent = {row.account: row.figures.sent for row in month_report(NOVEMBER).accounts}
    assert sent == {closes_25th.account: 11, closes_at_end.account: 110}
    assert month_report(NOVEMBER).figures.sent == sum(f.sent for f in month_report(NOVEMBER).days.values()) == 121


def test_the_vendor_s_calendar_month_is_compared_with_our_calendar_month():
    campaign = make_campaign(account=make_account(closing_day=25))
    make_count(campaign, day=date(2026, 11, 10), billed_parts=20)
    make_count(campaign, day=date(2026, 11, 27), billed_parts=5)
    make_count(campaign, day=date(2026, 10, 27), billed_parts=7)
    for carrier, parts in (("au", 24), ("docomo", 3), ("softbank", 0)):
        VendorCount.objects.create(
            account=campaign.account, month=NOVEMBER, carrier=carrier, parts=parts, asked_at=timezone.now()
        )
    (row,) = month_report(NOVEMBER).accounts
    assert row.figures.charged == 27
    lines = {line.carrier: (line.ours, line.theirs, line.difference) for line in row.vendor.carriers}
    assert lines == {"au": (25, 24, -1), "docomo": (0, 3, 3)}
    assert row.vendor.total.difference == 2


def test_the_report_asks_as_often_for_many_campaigns_as_for_one(django_assert_max_num_queries):
    account = make_account()
    for _ in range(4):
        make_count(make_campaign(account=account))
    with django_assert_max_num_queries(5):
        assert len(month_report(NOVEMBER).accounts[0].campaigns) == 4


def test_an_unused_account_is_listed_only_while_it_is_in_use():
    make_account(label="使用中")
    make_account(label="使用停止", is_active=False)
    assert [row.account.label for row in month_report(NOVEMBER).accounts] == ["使用中"]


def test_both_exports_add_up_to_the_page():
    campaign = make_campaign(unit_price=Decimal("9.50"))
    make_count(campaign, day=date(2026, 11, 2), carrier="au")
    make_count(campaign, day=date(2026, 11, 2), carrier="docomo")
    make_count(campaign, day=date(2026, 11, 3), carrier="au", state="undelivered", billed_parts=0)
    whole = list(export_rows(NOVEMBER, None, daily=False))
    daily = list(export_rows(NOVEMBER, None, daily=True))
    assert [(row.campaign, row.price, row.figures.sent) for row in whole] == [(campaign.name, Decimal("9.50"), 30)]
    assert [(row.day.day, row.carrier) for row in daily] == [(2, "au"), (2, "docomo"), (3, "au")]
    assert sum((row.figures for row in daily), Figures()) == whole[0].figures == month_report(NOVEMBER).figures


def test_counts_made_from_the_ledger_are_what_the_report_shows():
    campaign = make_campaign(state="sending")
    make_message(campaign, state="delivered", parts=2, billed_parts=3)
    make_message(campaign, state="accepted", parts=2)
    DayCount.objects.recount(campaign.pk)
    today = jst_day(timezone.now())
    assert Message.objects.count() == figures_between(today, today).sent == 2
    assert figures_between(today, today).charged == 3


def test_approvals_wait_for_approvers_other_than_the_author():
    approver = make_user("approver")
    theirs = make_campaign(state="pending_approval", requested_by=make_user("operator"))
    make_campaign(state="pending_approval", created_by=approver)
    assert waiting_for(approver).approvals == [theirs]
    assert waiting_for(make_user("viewer")).approvals == []


def test_a_returned_draft_waits_for_its_author_alone():
    campaign = make_campaign(returned_because="宛先を確認してください")
    assert waiting_for(campaign.created_by).returned == [campaign]
    assert waiting_for(make_user("operator")).returned == []


def test_accounts_in_trouble_and_silent_workers_are_reported():
    halted = make_account(halted_reason="account_refused")
    make_account()
    make_account(halted_reason="account_refused", is_active=False)
    Heartbeat.objects.create(machine="host-1", at=timezone.now() - timedelta(minutes=10))
    waiting = waiting_for(make_user("viewer"))
    assert waiting.accounts == [halted]
    assert waiting.silent_since is not None


def test_first_steps_are_ticked_one_by_one_and_end_with_the_first_campaign():
    assert first_steps() is not None
    assert not first_steps().account
    make_sender(make_account())
    make_contact()
    steps = first_steps()
    assert (steps.account, steps.sender, steps.contact) == (True, True, True)
    campaign = make_campaign()
    trial = make_campaign(trial_of=campaign, state="completed")
    assert (first_steps().draft, first_steps().trial) == (campaign, False)
    make_message(trial, state="accepted")
    assert first_steps().trial
    Campaign.objects.filter(pk=campaign.pk).update(state="scheduled")
    assert first_steps() is None


def test_accounts_of_a_report_can_be_narrowed_to_one():
    make_count(), make_count()
    account = ProviderAccount.objects.first()
    report = month_report(NOVEMBER, account)
    assert [row.account for row in report.accounts] == [account]
    assert report.figures.sent == 10
