"""Clicks on shortened URLs: read page by page, never forgotten, asked for only where there is something to tell."""

import time
from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Message
from campaigns.services.results.clicking import ask_clicks, wake_click_questions
from providers.base import DeliveryReceipt, ReceiptStatus
from providers.errors import NotReached
from tests.factories import make_account, make_campaign, make_message
from tests.fakes import ScriptedProvider

pytestmark = pytest.mark.django_db(transaction=True)
Tasks = list[tuple[str, tuple[int, ...]]]
NOW = timezone.now()
LATER = {"starts_at": NOW - timedelta(hours=3)}


@pytest.fixture
def pages(vendor: type[ScriptedProvider], monkeypatch: pytest.MonkeyPatch) -> list[list[DeliveryReceipt]]:
    """The vendor's list, a page each; without pages it is out of reach."""
    told: list[list[DeliveryReceipt]] = []

    async def look_up_group(self: Any, group: str, page: int) -> tuple[list[DeliveryReceipt], bool]:
        if not told:
            raise NotReached
        return told[page - 1], page < len(told)

    monkeypatch.setattr(vendor, "look_up_group", look_up_group)
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, tells_clicks=True))
    return told


@pytest.fixture
def campaign(pages: object) -> Campaign:
    account = make_account(provider="scripted")
    return make_campaign(
        account=account, state="completed", shortens_urls=True, starts_at=timezone.now() - timedelta(hours=1)
    )


def told(message: Message, clicked: bool | None) -> DeliveryReceipt:
    return DeliveryReceipt(message.reference, ReceiptStatus.DELIVERED, clicked=clicked)


def test_clicks_are_kept_and_counted_over_all_pages(campaign: Campaign, pages: list[Any]) -> None:
    opened, closed, silent = (make_message(campaign, state="delivered") for _ in range(3))
    pages += [[told(opened, True)], [told(closed, False), told(silent, None)]]
    ask_clicks(campaign, until=inf)
    campaign.refresh_from_db()
    assert (campaign.clicked, campaign.clicks_page) == (1, 0)
    assert list(campaign.messages.order_by("pk").values_list("clicked", flat=True)) == [True, False, None]


def test_what_was_opened_once_stays_opened(campaign: Campaign, pages: list[Any]) -> None:
    message = make_message(campaign, state="delivered", clicked=True)
    pages.append([told(message, False)])
    ask_clicks(campaign, until=inf)
    message.refresh_from_db()
    assert message.clicked


def test_another_task_goes_on_with_the_next_page(campaign: Campaign, pages: list[Any], queued: Tasks) -> None:
    first, second = (make_message(campaign, state="delivered") for _ in range(2))
    pages += [[told(first, True)], [told(second, True)]]
    ask_clicks(campaign, until=0.0)
    campaign.refresh_from_db()
    assert (campaign.clicks_page, campaign.clicked) == (2, 0)
    ask_clicks(campaign, until=0.0)
    campaign.refresh_from_db()
    assert (campaign.clicks_page, campaign.clicked) == (0, 2)


def test_a_vendor_out_of_reach_is_asked_again_later(campaign: Campaign) -> None:
    ask_clicks(campaign, until=inf)
    campaign.refresh_from_db()
    assert campaign.clicks_asked_at is None


def test_an_account_that_must_wait_is_not_asked(campaign: Campaign, pages: list[Any]) -> None:
    pages.append([])
    assert campaign.account is not None
    campaign.account.hold_back(60, now=time.time())
    ask_clicks(campaign, until=inf)
    campaign.refresh_from_db()
    assert campaign.clicks_asked_at is None


@pytest.mark.parametrize(
    ("changes", "is_asked"),
    [
        pytest.param({}, True, id="never asked"),
        pytest.param({"clicks_asked_at": NOW - timedelta(minutes=1)}, False, id="asked just now"),
        pytest.param({"clicks_asked_at": NOW - timedelta(minutes=6)}, True, id="asked a while ago"),
        pytest.param(LATER | {"clicks_asked_at": NOW - timedelta(minutes=6)}, False, id="less often after hours"),
        pytest.param(LATER | {"clicks_asked_at": NOW - timedelta(minutes=31)}, True, id="but on and on"),
        pytest.param({"clicks_asked_at": NOW - timedelta(minutes=5), "clicks_page": 3}, True, id="left half read"),
        pytest.param({"shortens_urls": False}, False, id="nothing was shortened"),
        pytest.param({"starts_at": NOW + timedelta(hours=1)}, False, id="not begun"),
        pytest.param({"state": "cancelled"}, True, id="stopped on the way"),
        pytest.param({"starts_at": NOW - timedelta(days=8)}, False, id="long ago"),
    ],
)
def test_the_schedule_asks_where_something_may_be_new(
    campaign: Campaign, queued: Tasks, changes: dict[str, Any], is_asked: bool
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(**changes)
    wake_click_questions(NOW)
    assert (("ask_clicks", (campaign.pk,)) in queued) is is_asked
