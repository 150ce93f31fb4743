"""The main job as a person does it, in Chromium: a file, a text, a campaign, its delivery, a booking, the month.

SCREENSHOTS=folder keeps the pictures that the README shows.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.data.make_contacts import BAD_PHONES, REPEATED, write

from .browsing import SLOW, figure, go_to, heading, somebody, state, tomorrow
from .portal import Portal

NEW_PEOPLE = 500
NEW_LIST = "名古屋店"
SHORT = "{{氏名|お客}}様 見本商店です。ご登録ありがとうございます。"
LONGER = "次回は{{次回来店日|ご都合のよい日}}にお待ちしております。駐車場もございます。変更はお電話でどうぞ。"

NOT_SETTLED = "SELECT 1 FROM campaigns_message WHERE state IN ('sending', 'accepted', 'unknown')"
TAKEN_BACK = """SELECT count(*) FROM campaigns_message m JOIN campaigns_campaign c ON c.id = m.campaign_id
                WHERE c.name = '明日のご案内' AND m.state = 'cancelled'"""
ANY_DELIVERED = """SELECT phone FROM campaigns_message m JOIN campaigns_campaign c ON c.id = m.campaign_id
                   WHERE c.name = '新しいお客様へのご案内' AND m.state = 'delivered' LIMIT 1"""
BILLED = """SELECT sum(billed_parts) FROM campaigns_message m JOIN campaigns_campaign c ON c.id = m.campaign_id
            WHERE c.name = '新しいお客様へのご案内'"""

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture
def page(chrome: Browser, portal: Portal) -> Iterator[Page]:
    with somebody(chrome, portal, "operator") as page:
        yield page


@pytest.fixture
def new_people(tmp_path: Path) -> Path:
    file = tmp_path / "新規のお客様.csv"
    file.write_bytes(write(NEW_PEOPLE, middle="2222", groups=[NEW_LIST]))
    return file


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(exist_ok=True)
        # Hiding the caret would take a style of the kind the pages forbid.
        page.screenshot(path=Path(folder) / f"{name}.png", caret="initial")


def test_the_whole_story(portal: Portal, page: Page, new_people: Path) -> None:
    portal.sandbox.set_time_scale(0.2)
    recipients = NEW_PEOPLE - import_people(page, new_people)
    write_template(page)
    write_campaign(page)
    send(page, recipients)
    watch_delivery(page, portal, recipients)
    book_at_the_vendor(page, recipients)
    cancel_booking(page, portal, recipients)
    find_a_message(page, portal)
    read_the_month(page, portal)
    go_to(page, "ダッシュボード")
    picture(page, "dashboard")
    switch_language(page)


def import_people(page: Page, file: Path) -> int:
    """How many of them must not be texted."""
    go_to(page, "連絡先")
    page.get_by_role("link", name="CSVを取り込む").click()
    page.get_by_label("ここにExcelブックかCSVファイルを置くか").set_input_files(file)
    page.get_by_role("button", name="次へ: 列を確かめる").click()
    expect(page.get_by_label("文字コード")).to_have_value("cp932")
    expect(page.get_by_label("携帯電話番号")).to_have_value("phone")
    expect(page.get_by_label("次回来店日")).to_have_value("attr:次回来店日")
    page.get_by_role("button", name="次へ: 取込前の確認").click()
    expect(figure(page, "新しく登録")).to_have_text(f"{NEW_PEOPLE}件")
    expect(figure(page, "エラー行")).to_have_text(f"{len(BAD_PHONES)}件")
    expect(figure(page, "ファイル内の重複")).to_have_text(f"{REPEATED}件")
    refusing = int(figure(page, "配信停止に登録").inner_text().removesuffix("件"))
    picture(page, "import")
    page.get_by_role("button", name="取り込む").click()
    expect(state(page, "取込完了")).to_be_visible()
    return refusing


def write_template(page: Page) -> None:
    go_to(page, "定型文")
    page.get_by_role("link", name="定型文を作成").click()
    page.get_by_label("名前").fill("はじめてのご案内")
    page.get_by_label("業務連絡").check()
    body = page.get_by_label("本文", exact=True)
    body.fill(SHORT)
    expect(preview(page)).to_contain_text("1通")
    body.fill(SHORT + LONGER)
    expect(preview(page)).to_contain_text("2通")
    page.get_by_role("button", name="保存").last.click()
    expect(heading(page)).to_have_text("定型文")


def preview(page: Page) -> Locator:
    return page.get_by_role("complementary", name="通数と見え方")


def write_campaign(page: Page) -> None:
    go_to(page, "配信")
    page.get_by_role("link", name="配信を作成").first.click()
    page.get_by_label("配信名").fill("新しいお客様へのご案内")
    page.get_by_role("group", name="宛先の配信リスト").get_by_label(NEW_LIST).check()
    page.get_by_label("業務連絡").check()
    page.get_by_label("定型文から選ぶ").select_option(label="はじめてのご案内")
    page.get_by_role("button", name="この定型文を使う").click()
    expect(page.get_by_label("本文", exact=True)).to_have_value(SHORT + LONGER)
    expect(preview(page)).to_contain_text(f"{NEW_PEOPLE}件")
    picture(page, "editor")


def send(page: Page, recipients: int) -> None:
    page.get_by_role("button", name="確認へ進む").click()
    expect(page.get_by_role("heading", name=f"{recipients}件に送ります。")).to_be_visible()
    expect(page.get_by_text("配信停止の申し出があるため送りません。")).to_be_visible()
    picture(page, "confirmation")
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("link", name="送信を取り消す")).to_be_visible()


def watch_delivery(page: Page, portal: Portal, recipients: int) -> None:
    """The page moves by itself, and its last figure is what the phones saw."""
    expect(page.locator("#live .progress")).to_contain_text(re.compile(r"\([3-7]\d(\.\d)?%\)"), timeout=SLOW)
    picture(page, "live")
    expect(state(page, "配信完了")).to_be_visible(timeout=SLOW)
    expect(figure(page, "送信済み")).to_have_text(f"{recipients}件")
    portal.wait(lambda: not portal.rows(NOT_SETTLED), seconds=SLOW / 1_000)
    ledger = portal.sandbox.ledger()
    assert ledger["numbers"] == ledger["handed_over"] == recipients
    expect(figure(page, "送達")).to_have_text(f"{ledger['rings']}件")
    expect(figure(page, "未達・エラー")).to_have_text(f"{recipients - ledger['rings']}件")


def book_at_the_vendor(page: Page, recipients: int) -> None:
    go_to(page, "定型文")
    page.get_by_role("row", name="はじめてのご案内").get_by_role("link", name="この定型文で配信").click()
    page.get_by_label("配信名").fill("明日のご案内")
    page.get_by_role("group", name="宛先の配信リスト").get_by_label(NEW_LIST).check()
    page.get_by_role("heading", name="3. 日時と送信元番号").click()
    page.get_by_label("日時を指定").check()
    page.get_by_label("配信予定日時").fill(f"{tomorrow():%Y-%m-%dT11:00}")
    page.get_by_label("配信事業者", exact=True).check()
    page.get_by_role("button", name="確認へ進む").click()
    page.get_by_role("button", name="予約する").click()
    expect(page.locator("#live .progress")).to_contain_text(f"{recipients}件 / {recipients}件", timeout=SLOW)


def cancel_booking(page: Page, portal: Portal, recipients: int) -> None:
    page.goto(f"/bookings/?month={tomorrow():%Y-%m}")
    bookings = page.get_by_role("region", name=re.compile("月の予約"))
    expect(bookings.get_by_role("row", name="ご来店日のお知らせ")).to_be_visible()
    page.get_by_role("link", name="「明日のご案内」の予約取消").click()
    page.get_by_role("button", name="予約取消").click()
    expect(bookings.get_by_role("row", name="明日のご案内")).to_have_count(0)
    expect(bookings.get_by_role("row", name="ご来店日のお知らせ")).to_be_visible()
    portal.wait(lambda: portal.rows(TAKEN_BACK) == [(recipients,)], seconds=SLOW / 1_000)


def find_a_message(page: Page, portal: Portal) -> None:
    ((number,),) = portal.rows(ANY_DELIVERED)
    go_to(page, "送信履歴")
    page.get_by_label("携帯電話番号").fill("0" + number.removeprefix("+81"))
    page.get_by_role("button", name="検索").click()
    rows = page.get_by_role("region", name="送信履歴").get_by_role("row")
    expect(rows.filter(has_text="送達")).to_have_count(1)
    rows.filter(has_text="送達").get_by_role("link").first.click()
    expect(page.get_by_text("見本商店").first).to_be_visible()


def read_the_month(page: Page, portal: Portal) -> None:
    go_to(page, "通数集計")
    ((parts,),) = portal.rows(BILLED)
    expect(page.get_by_role("row", name="新しいお客様へのご案内")).to_contain_text(f"{parts:,}")
    picture(page, "counts")


def switch_language(page: Page) -> None:
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
