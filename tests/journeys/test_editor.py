"""Writing in Chromium: nothing typed is lost, two people do not overwrite each other, every new page is accessible."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from .browsing import SHOWN_IN_TIME, sign_in
from .portal import Portal

OVERDUE = "期限の切れた画面で書いた本文"

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def open_page(chrome: Browser, portal: Portal, **options: object) -> Page:
    context = chrome.new_context(base_url=portal.url, locale="ja-JP", **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(SHOWN_IN_TIME)
    sign_in(page, portal, "operator")
    return page


def write(page: Page, text: str) -> None:
    page.get_by_label("本文", exact=True).fill(text)
    page.get_by_label("大阪店").first.check()


def test_what_is_typed_survives_a_reload_and_the_end_of_the_session(portal: Portal, chrome: Browser) -> None:
    page = open_page(chrome, portal)
    page.goto("/campaigns/new/")
    page.context.clear_cookies(name="sessionid")
    write(page, OVERDUE)
    expect(page.locator("#trouble")).to_contain_text("ログイン")
    sign_in(page, portal, "operator")
    page.goto("/campaigns/new/")
    page.get_by_role("button", name="入力を元に戻す").click()
    expect(page.locator("#saved")).to_contain_text("保存済み")
    page.reload()
    expect(page.get_by_label("本文", exact=True)).to_have_value(OVERDUE)
    expect(page.locator("#restore")).to_be_hidden()


def test_two_pages_do_not_overwrite_each_other_unseen(portal: Portal, chrome: Browser) -> None:
    mine, other = open_page(chrome, portal), open_page(chrome, portal)
    mine.goto("/campaigns/new/")
    write(mine, "はじめの本文")
    expect(mine.locator("#saved")).to_contain_text("保存済み")
    other.goto(mine.url)
    other.get_by_label("本文", exact=True).fill("別の画面の本文")
    expect(other.locator("#saved")).to_contain_text("保存済み")
    expect(other.locator("[data-kept]")).to_be_visible()
    mine.get_by_label("本文", exact=True).fill("この画面の本文")
    expect(mine.locator("#saved")).to_contain_text("この画面の内容は、まだ保存していません。")
    mine.get_by_role("button", name="この画面の内容で上書きする").click()
    expect(mine.get_by_label("本文", exact=True)).to_have_value("この画面の本文")
    other.reload()
    expect(other.get_by_label("本文", exact=True)).to_have_value("この画面の本文")


def test_a_doubtful_character_is_found_and_a_person_is_looked_up_by_keyboard(portal: Portal, chrome: Browser) -> None:
    page = open_page(chrome, portal)
    page.goto("/campaigns/new/")
    write(page, "{{氏名}}様 お知らせ①です。")
    page.get_by_role("button", name="「①」を本文で探す").press("Enter")
    chosen = "e => e.value.slice(e.selectionStart, e.selectionEnd)"
    assert page.get_by_label("本文", exact=True).evaluate(chosen) == "①"
    page.get_by_label("人を探して見る").fill("田中")
    page.get_by_label("人を探して見る").press("Enter")
    page.get_by_label("田中").first.check()
    expect(page.locator("#phone")).to_contain_text("田中")


# Chooses a list with the focus on a field; what has the focus at the end of the task that draws the field anew: a key
# pressed right then must find it.
FOCUS_ONCE_DRAWN_ANEW = """([list, field]) => {
    list.click();
    field.focus();
    return new Promise((resolve) => new MutationObserver((_, watch) => {
        if (field.isConnected) return;
        watch.disconnect();
        resolve(document.activeElement.innerText);
    }).observe(document.body, { childList: true, subtree: true }));
}"""


def test_the_focus_never_leaves_a_field_that_is_drawn_anew(portal: Portal, chrome: Browser) -> None:
    page = open_page(chrome, portal)
    page.goto("/campaigns/new/")
    with_fields_of_its_own = page.get_by_label("大阪店").first.element_handle()
    field = page.get_by_role("button", name="氏名", exact=True)
    assert page.evaluate(FOCUS_ONCE_DRAWN_ANEW, [with_fields_of_its_own, field.element_handle()]) == "氏名"
    expect(field).to_be_focused()


def test_fields_that_are_the_same_are_left_alone(portal: Portal, chrome: Browser) -> None:
    page = open_page(chrome, portal)
    page.goto("/campaigns/new/")
    first = page.get_by_role("button", name="氏名", exact=True).element_handle()
    with page.expect_response("**/campaigns/preview/"):
        page.get_by_label("本文", exact=True).fill("ご予約は明日10時です。")
    expect(page.locator("#shown")).to_contain_text("ご予約は明日10時です。")
    assert first.evaluate("drawn => drawn.isConnected")


@pytest.mark.parametrize("language", ["日本語", "English"])
@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_of_writing_are_accessible_and_fit(
    portal: Portal, chrome: Browser, language: str, width: int
) -> None:
    page = open_page(chrome, portal, viewport={"width": width, "height": 800})
    page.goto("/campaigns/new/")
    write(page, "{{氏名}}様 {{予約日}} ①" + "あ" * 130)
    page.wait_for_url("**/edit/")
    draft = page.url.removesuffix("edit/")
    page.goto("/templates/")
    template = page.locator("tbody a.title").first.get_attribute("href") or ""
    if language == "English":
        page.evaluate(
            "document.querySelector('[name=language][value=en]').form.requestSubmit"
            "(document.querySelector('[name=language][value=en]'))"
        )
        expect(page.locator("html")).to_have_attribute("lang", "en")
    for address in (f"{draft}edit/", f"{draft}trial/", f"{draft}exclusions/", template, f"{template[:-5]}versions/"):
        page.goto(address)
        found = Axe().run(page)
        assert not found.violations_count, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
