"""The people behind the screens, each at their own work: clerk and approver, accountant, administrator; and a stop."""

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .browsing import JST, SLOW, figure, go_to, handed_over, heading, somebody, state, told
from .portal import Portal

MANY = 1_020  # more than one may decide about alone in the demo
PLENTY, SLOWLY = 900, 60
UNDECIDED = """SELECT 1 FROM campaigns_message
               WHERE campaign_id = {} AND state IN ('queued', 'reserved', 'sending', 'unknown') LIMIT 1"""
STOPPED = re.compile(r"停止しました。送信済み ([\d,]+)件、取り消した宛先 ([\d,]+)件。")
FINISHED = "秋のフェアのご案内"
REASON = "日付の書き方を「12月3日(木)」に直してください。"

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_another_person_sends_back_with_a_reason_and_then_approves(portal: Portal, chrome: Browser) -> None:
    pk = portal.call("draft", name="冬のご来店案内", people=MANY, requests_per_second=1_000)
    with somebody(chrome, portal, "operator") as clerk, somebody(chrome, portal, "approver") as approver:
        ask(clerk, pk)
        open_request(approver, "冬のご来店案内")
        send_back(approver)
        expect(approver.get_by_text("承認を待っている配信はありません")).to_be_visible()

        clerk.reload()
        expect(state(clerk, "下書き")).to_be_visible()
        clerk.goto(f"/campaigns/{pk}/edit/")
        expect(clerk.get_by_text("承認者から差し戻されました")).to_be_visible()
        expect(clerk.get_by_text(REASON)).to_be_visible()
        clerk.get_by_label("本文", exact=True).fill("{{氏名|お客}}様 見本商店です。12月3日(木)にお待ちしております。")
        clerk.get_by_role("button", name="確認へ進む").click()
        ask(clerk, pk)

        open_request(approver, "冬のご来店案内")
        expect(approver.get_by_text("12月3日(木)にお待ちしております。").first).to_be_visible()
        assert handed_over(portal, pk) == 0
        approver.get_by_role("button", name="承認して送信する").click()
        expect(told(approver)).to_contain_text("承認しました。")
        expect(state(approver, "配信完了")).to_be_visible(timeout=SLOW)
        assert handed_over(portal, pk) == MANY


def ask(clerk: Page, pk: int) -> None:
    """Whoever asks cannot approve, and reads why."""
    if not clerk.url.endswith("/confirm/"):
        clerk.goto(f"/campaigns/{pk}/confirm/")
    clerk.get_by_role("button", name="承認を依頼する").click()
    expect(state(clerk, "承認待ち")).to_be_visible()
    expect(clerk.get_by_text("自分が作成または依頼した配信は、自分では承認できません。")).to_be_visible()
    expect(clerk.get_by_role("button", name="承認して送信する")).to_have_count(0)


def open_request(approver: Page, name: str) -> None:
    go_to(approver, "承認待ち")
    approver.get_by_role("link", name=name).click()
    expect(heading(approver)).to_have_text(name)
    expect(approver.get_by_role("heading", name=f"{MANY:,}件に送ります。")).to_be_visible()


def send_back(approver: Page) -> None:
    approver.get_by_role("link", name="差し戻す").click()
    approver.get_by_label("理由").fill(REASON)
    approver.get_by_role("button", name="差し戻す").click()
    expect(told(approver)).to_contain_text("差し戻しました。")


def test_a_stop_in_mid_flight_lets_nothing_more_leave(portal: Portal, chrome: Browser) -> None:
    pk = portal.call("draft", name="急に止める配信", people=PLENTY, requests_per_second=SLOWLY)
    with somebody(chrome, portal, "operator") as page:
        page.goto(f"/campaigns/{pk}/confirm/")
        page.get_by_role("button", name="送信する").click()
        expect(figure(page, "送信済み")).to_have_text(re.compile(r"[1-9]\d*件"), timeout=SLOW)
        page.get_by_role("link", name="停止する").click()
        page.get_by_role("dialog").get_by_role("button", name="停止する").click()
        expect(state(page, "取消済み")).to_be_visible()
        left = handed_over(portal, pk)
        portal.wait(lambda: not portal.rows(UNDECIDED.format(pk)), seconds=SLOW / 1_000)
        portal.call("wake")
        portal.wait(lambda: page.reload() and sum(figures_of_stop(page)) == PLENTY, seconds=SLOW / 1_000)
        sent, _recalled = figures_of_stop(page)
        assert 0 < sent == handed_over(portal, pk) <= left + SLOWLY, "effective within a second"


def figures_of_stop(page: Page) -> tuple[int, int]:
    said = page.get_by_role("region", name="進み具合")
    expect(said).to_contain_text(STOPPED)
    shown = STOPPED.search(said.inner_text())
    assert shown
    return int(shown[1].replace(",", "")), int(shown[2].replace(",", ""))


def test_the_accountant_reads_the_month_and_takes_it_along(portal: Portal, chrome: Browser) -> None:
    sent_on = datetime.now(JST).date() - timedelta(days=3)  # as the demo's finished campaign was
    with somebody(chrome, portal, "accountant") as page:
        go_to(page, "通数集計")
        page.goto(f"/counts/?month={sent_on:%Y-%m}")
        account = page.locator("section", has=page.get_by_role("heading", name="絶対リーチ"))
        account.get_by_role("button", name="配信事業者に照会").click()
        expect(told(page)).to_contain_text("の通数を照会しました。")
        theirs = account.get_by_role("region", name="配信事業者の通数")
        expect(theirs.get_by_role("row", name="合計")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV出力(配信別)").click()
        assert download.value.suggested_filename.startswith(f"通数集計_{sent_on:%Y-%m}")
        (charged,) = [
            row["課金通数"] for row in rows_of(download.value.path()) if row["配信名"] == "秋のフェアのご案内"
        ]
        expect(account.get_by_role("row", name="秋のフェアのご案内")).to_contain_text(f"{int(charged):,}")
        expect(page.get_by_role("link", name="配信を作成")).to_have_count(0)


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))


def test_the_administrator_connects_an_account(portal: Portal, chrome: Browser) -> None:
    """It works, then the vendor changes the token, and with the new one it works again."""
    customer, first, second = {"client_id": "20077", "sender_codes": ["54377"]}, "1" * 32, "2" * 32
    portal.sandbox.register_account("zettai_reach", token=first, **customer)
    with somebody(chrome, portal, "admin") as page:
        add_account(page, portal, "20077", first)
        check(page)
        expect(told(page)).to_contain_text("「本番用の接続」に接続できました。")
        portal.sandbox.register_account("zettai_reach", token=second, **customer)
        check(page)
        expect(told(page)).to_contain_text("「本番用の接続」に接続できませんでした。")
        page.get_by_label("アクセストークン").fill(second)
        page.get_by_role("button", name="保存して編集を続ける").click()
        assert second not in page.content()
        check(page)
        expect(told(page)).to_contain_text("「本番用の接続」に接続できました。")


def add_account(page: Page, portal: Portal, customer: str, token: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name="管理", exact=True).click()
    page.get_by_role("link", name="接続先", exact=True).click()
    page.get_by_role("link", name="接続先を追加").click()
    page.get_by_role("link", name="絶対リーチ").click()
    page.get_by_label("名前").first.fill("本番用の接続")
    page.get_by_label("接続先URL").fill(f"http://127.0.0.1:{portal.sandbox_port}/zettai-reach/")
    page.get_by_label("クライアントID").fill(customer)
    page.get_by_label("アクセストークン").fill(token)
    page.get_by_role("button", name="保存して編集を続ける").click()


def check(page: Page) -> None:
    page.get_by_role("button", name="接続を確認").click()
