"""A person at the portal in Chromium: how the stories begin, move about and read a page."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from .looking import listen
from .portal import Portal

DESKTOP = {"width": 1280, "height": 800}
JST = timezone(timedelta(hours=9))
REFERENCES = "SELECT campaign_id, reference FROM campaigns_message"
SHOWN_IN_TIME = 15_000
SLOW = 60_000

expect.set_options(timeout=SHOWN_IN_TIME)


@contextmanager
def somebody(browser: Browser, portal: Portal, username: str = "", **options: Any) -> Iterator[Page]:
    """In Japan, with cookies of their own; fails on any error of a script, and on what the pages' own rules forbid."""
    japan = {"base_url": portal.url, "viewport": DESKTOP, "locale": "ja-JP", "timezone_id": "Asia/Tokyo"}
    context = browser.new_context(**japan | options)
    page = context.new_page()
    page.set_default_timeout(SHOWN_IN_TIME)
    complaints = listen(page)
    if username:
        sign_in(page, portal, username)
    yield page
    context.close()
    assert not complaints, complaints


def sign_in(page: Page, portal: Portal, username: str) -> None:
    """In Japanese, whatever somebody chose in an earlier story."""
    with contextlib.closing(portal.connect()) as database:
        database.execute("UPDATE campaigns_user SET language = ''")
    page.goto("/accounts/login/")
    page.get_by_label("ユーザー名またはメールアドレス").fill(username)
    page.get_by_label("パスワード", exact=True).fill(portal.password_of(username))
    page.get_by_role("button", name="ログイン").click()
    expect(heading(page)).to_have_text("ダッシュボード")


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def go_to(page: Page, place: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=place, exact=True).click()
    expect(heading(page)).to_contain_text(place)


def figure(page: Page, label: str) -> Locator:
    """The figure under this label."""
    return page.locator(".stat").filter(has=page.get_by_text(label, exact=True)).locator(".figure")


def told(page: Page) -> Locator:
    """What the page says about what was just done."""
    return page.locator("#messages, .messagelist")


def state(page: Page, word: str) -> Locator:
    """The badge with this word, not what is read out to those who do not see it."""
    return page.locator(".badge", has_text=word).first


def tomorrow() -> date:
    return datetime.now(JST).date() + timedelta(days=1)


def handed_over(portal: Portal, pk: int) -> int:
    """How many messages of this campaign the vendor took; none of them twice."""
    ours = {reference for campaign, reference in portal.rows(REFERENCES) if campaign == pk}
    counts = [entry["handed_over"] for entry in portal.sandbox.entries() if entry["reference"] in ours]
    assert set(counts) <= {1}
    return len(counts)
