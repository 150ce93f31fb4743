"""The main job in other circumstances: no mouse, a phone, no JavaScript, English, the dark, a slow line, no worker."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.data.make_contacts import write

from .browsing import SLOW, handed_over, heading, somebody, state, tomorrow
from .looking import objections, sideways
from .portal import Portal, end

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
# As on a train: bytes a second, milliseconds.
SLOW_LINE = {"offline": False, "latency": 400, "downloadThroughput": 40_000, "uploadThroughput": 20_000}
# Where the focus is, as a person sees it: in the window, with a line around it or a border of another colour.
FOCUS_IS_SEEN = """() => {
    const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
    const drawn = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
    const within = box.bottom > 0 && box.top < innerHeight && box.width > 0;
    return drawn && within ? "" : at.outerHTML.slice(0, 200);
}"""
NAME_OF_FOCUS = """() => {
    const at = document.activeElement;
    return (at.getAttribute("aria-label") ?? at.labels?.[0]?.innerText ?? at.innerText).trim();
}"""
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
BODY = "見本商店です。ご予約は明日10時です。"

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_without_a_mouse_from_the_log_in_to_a_text_on_the_phone(portal: Portal, chrome: Browser) -> None:
    portal.call("new_list", name="鍵盤の皆様", people=20)
    with somebody(chrome, portal) as page:
        page.goto("/accounts/login/")
        tab_to(page, "ユーザー名またはメールアドレス", then="operator")
        tab_to(page, "パスワード", then=portal.password_of("operator"), press="Enter")
        expect(heading(page)).to_have_text("ダッシュボード")
        tab_to(page, "配信", press="Enter")
        expect(heading(page)).to_have_text("配信")
        tab_to(page, "配信を作成", press="Enter")
        expect(heading(page)).to_have_text("配信を作成")
        tab_to(page, "配信名", then="鍵盤だけの配信")
        tab_to(page, "鍵盤の皆様", press="Space")
        tab_to(page, "業務連絡", press="Space")
        tab_to(page, "本文", then=BODY)
        tab_to(page, "テスト送信", press="Enter")
        expect(heading(page)).to_have_text("テスト送信")
        tab_to(page, "自分の携帯電話番号", then="080-1111-0001")
        tab_to(page, "登録する", press="Enter")
        expect(page.get_by_role("button", name="この内容でテスト送信")).to_be_visible()
        tab_to(page, "この内容でテスト送信", press="Enter")
        expect(state(page, "送達")).to_be_visible(timeout=SLOW)


def tab_to(page: Page, name: str, *, then: str = "", press: str = "") -> None:
    """Along the way the focus is always to be seen."""
    way = [""]
    while not way[-1].startswith(name):
        page.keyboard.press("Tab")
        unseen = page.evaluate(FOCUS_IS_SEEN)
        assert not unseen, f"{unseen} after {way}"
        way.append(page.evaluate(NAME_OF_FOCUS))
    if then:
        page.keyboard.type(then)
    if press:
        page.keyboard.press(press)


def test_on_a_phone_one_writes_sends_and_stops(portal: Portal, chrome: Browser) -> None:
    portal.call("draft", name="電話の皆様", people=600, requests_per_second=20)
    with somebody(chrome, portal, "operator", **PHONE) as page:
        page.get_by_role("button", name="メニュー", exact=True).tap()
        fits(page)
        page.get_by_role("navigation").get_by_role("link", name="配信", exact=True).tap()
        expect(heading(page)).to_have_text("配信")
        fits(page)
        page.get_by_role("link", name="配信を作成").first.tap()
        write_campaign(page, "電話からの配信", "電話の皆様")
        fits(page)
        page.get_by_role("button", name="確認へ進む").tap()
        expect(page.get_by_role("heading", name="600件に送ります。")).to_be_visible()
        fits(page)
        page.get_by_role("button", name="送信する").tap()
        expect(state(page, "配信中")).to_be_visible(timeout=SLOW)
        fits(page)
        page.get_by_role("link", name="停止する").tap()
        fits(page)
        page.get_by_role("dialog").get_by_role("button", name="停止する").tap()
        expect(state(page, "取消済み")).to_be_visible()
        fits(page)


def fits(page: Page) -> None:
    assert not sideways(page), page.url


def write_campaign(page: Page, name: str, to: str) -> None:
    expect(heading(page)).to_have_text("配信を作成")
    page.get_by_label("配信名").fill(name)
    page.get_by_role("group", name="宛先の配信リスト").get_by_label(to).check()
    page.get_by_label("業務連絡").check()
    page.get_by_label("本文", exact=True).fill(BODY)


def test_without_javascript_everything_from_the_file_to_the_booking(
    portal: Portal, chrome: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "静岡店.csv"
    file.write_bytes(write(60, middle="3333", groups=["静岡店"]))
    with somebody(chrome, portal, "operator", java_script_enabled=False) as page:
        import_file(page, file)
        page.goto("/campaigns/new/")
        write_campaign(page, "紙のように静かな配信", "静岡店")
        page.get_by_role("button", name="確認へ進む").click()
        look_again(page, page.get_by_role("button", name="送信する"))
        page.get_by_role("link", name="編集に戻る").first.click()
        page.get_by_role("heading", name="3. 日時と送信元番号").click()
        page.get_by_label("日時を指定").check()
        page.get_by_label("配信予定日時").fill(f"{tomorrow():%Y-%m-%dT11:00}")
        page.get_by_role("button", name="確認へ進む").click()
        look_again(page, page.get_by_role("button", name="予約する"))
        page.get_by_role("button", name="予約する").click()
        expect(state(page, "予約済み")).to_be_visible()
        move_and_cancel(page, "紙のように静かな配信")


def import_file(page: Page, file: Path) -> None:
    page.goto("/imports/new/")
    page.get_by_label("ここにExcelブックかCSVファイルを置くか").set_input_files(file)
    page.get_by_role("button", name="次へ: 列を確かめる").click()
    page.get_by_role("button", name="次へ: 取込前の確認").click()
    look_again(page, page.get_by_role("button", name="取り込む"))
    page.get_by_role("button", name="取り込む").click()
    look_again(page, state(page, "取込完了"))


def look_again(page: Page, wanted: Locator) -> None:
    """By the link that stands there for those without JavaScript."""
    again = page.get_by_role("link", name="最新の状態を表示する")
    expect(wanted.or_(again).first).to_be_visible()
    for _ in range(200):
        if wanted.is_visible():
            return
        with page.expect_navigation():  # of half a page, nothing can be said
            again.click()
    pytest.fail(page.inner_text("main"))


def move_and_cancel(page: Page, name: str) -> None:
    day_after = tomorrow() + timedelta(days=1)
    page.goto(f"/bookings/?month={tomorrow():%Y-%m}")
    page.get_by_role("link", name=f"「{name}」の日時の変更").click()
    page.get_by_label("新しい配信予定日時").fill(f"{day_after:%Y-%m-%dT15:30}")
    page.get_by_role("button", name="変更する").click()
    page.goto(f"/bookings/?month={day_after:%Y-%m}")
    row = page.get_by_role("region", name=re.compile("月の予約")).get_by_role("row", name=name)
    expect(row).to_contain_text(f"{day_after.month}/{day_after.day}")
    expect(row).to_contain_text("15:30")
    page.get_by_role("link", name=f"「{name}」の予約取消").click()
    page.get_by_role("button", name="予約取消").click()
    expect(page.get_by_role("row", name=name)).to_have_count(0)


def test_in_english_to_the_end(portal: Portal, chrome: Browser) -> None:
    pk = portal.call("draft", name="English", people=12)
    with somebody(chrome, portal, "operator") as page:
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.get_by_role("navigation").get_by_role("link", name="Campaigns", exact=True).click()
        page.get_by_role("link", name="English", exact=True).click()
        page.goto(f"/campaigns/{pk}/confirm/")
        expect(page.get_by_role("heading", name="Recipients: 12")).to_be_visible()
        page.get_by_role("button", name="Send").click()
        expect(state(page, "Completed")).to_be_visible(timeout=SLOW)
        for region in page.locator("#live section, #live table").all():
            assert not JAPANESE.search(region.inner_text()), region.inner_text()


def test_in_the_dark_the_choice_is_kept_and_all_can_be_read(portal: Portal, chrome: Browser) -> None:
    with somebody(chrome, portal, "operator") as page:
        page.get_by_role("button", name="暗い画面").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.goto("/campaigns/new/")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert brightness(page) < 60
        assert not objections(page)
        page.get_by_role("button", name="明るい画面").click()
        assert brightness(page) > 200
    with somebody(chrome, portal, "operator", color_scheme="dark") as page:
        assert brightness(page) < 60


def brightness(page: Page) -> float:
    """Of the page's ground, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3


def test_on_a_slow_line_a_second_click_sends_nothing_twice(portal: Portal, chrome: Browser) -> None:
    pk = portal.call("draft", name="遅い回線の配信", people=30)
    with somebody(chrome, portal, "operator") as page:
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", SLOW_LINE)
        page.goto(f"/campaigns/{pk}/confirm/")
        posted: list[str] = []
        page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
        page.get_by_role("button", name="送信する").dblclick()
        expect(state(page, "配信完了")).to_be_visible(timeout=SLOW)
        assert len(posted) == 1
        assert handed_over(portal, pk) == 30


class WithoutWorker(Portal):
    parts = ("sandbox", "web")


@pytest.fixture
def no_worker(prepared: Path, tmp_path: Path) -> Iterator[Portal]:
    with WithoutWorker(tmp_path / "var", like=prepared) as running:
        yield running


@contextmanager
def working(portal: Portal) -> Iterator[None]:
    worker = portal.spawn("-m", "smsportal.run", "worker", log="worker")
    try:
        yield
    finally:
        end(worker)


def test_without_a_worker_the_screens_say_so_and_with_one_it_goes_on(no_worker: Portal, chrome: Browser) -> None:
    pk = no_worker.call("draft", name="待っている配信", people=15)
    no_worker.call("age_heartbeat", minutes=10)
    with somebody(chrome, no_worker, "operator") as page:
        expect(page.get_by_text("送信が止まっています")).to_be_visible()
        page.goto(f"/campaigns/{pk}/confirm/")
        expect(page.get_by_text("送信の処理が止まっています")).to_be_visible()
        page.get_by_role("button", name="送信する").click()
        expect(page.get_by_text("送信の処理が止まっています")).to_be_visible()
        with working(no_worker):
            expect(state(page, "配信完了")).to_be_visible(timeout=SLOW)
            expect(page.get_by_text("送信の処理が止まっています")).to_have_count(0)
        assert handed_over(no_worker, pk) == 15
