"""Nothing ever just does nothing: what a page says when a request fails, and a log-in with a passkey."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .looking import listen, objections
from .portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.processes]
PERSON = "operator"


@pytest.fixture
def page(demo: Portal, chrome: Browser) -> Iterator[Page]:
    """The address is localhost, for browsers know no passkeys of plain numbers."""
    context = chrome.new_context(base_url=demo.url.replace("127.0.0.1", "localhost"), locale="ja-JP")
    page = context.new_page()
    page.set_default_timeout(15_000)
    sign_in(page, demo)
    yield page
    context.close()


def sign_in(page: Page, demo: Portal) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("ユーザー名またはメールアドレス").fill(PERSON)
    show_password(page, demo, "ログイン")


def show_password(page: Page, demo: Portal, button: str) -> None:
    page.get_by_label("パスワード", exact=True).fill(demo.password_of(PERSON))
    page.get_by_role("button", name=button).click()


def answering(status: int, **headers: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        def answer(route: Route) -> None:
            route.fulfill(status=status, headers=headers, body="")

        page.route("**/templates/preview/", answer)

    return prepare


def offline(page: Page) -> None:
    page.context.set_offline(True)


def session_ended(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        pytest.param(offline, "ネットワークに接続できませんでした", id="offline"),
        pytest.param(answering(500), "サーバーで問題が起きた", id="a fault of the server"),
        pytest.param(answering(503), "メンテナンス中です", id="closed for work"),
        pytest.param(answering(403), "権限がありません", id="no permission"),
        pytest.param(answering(403, **{"X-Trouble": "session"}), "ログインの有効期限が切れました", id="another log-in"),
        pytest.param(answering(404), "対象が見つかりませんでした", id="gone"),
        pytest.param(answering(429), "混み合っています", id="too many"),
        pytest.param(session_ended, "ログインの有効期限が切れました", id="the session ended"),
    ],
)
def test_a_failed_request_is_told_and_what_was_typed_stays(
    page: Page, trouble: Callable[[Page], None], sentence: str
) -> None:
    page.goto("/templates/new/")
    trouble(page)
    body = page.get_by_label("本文", exact=True)
    body.fill("ご予約は明日10時です。")
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    assert not objections(page)
    expect(body).to_have_value("ご予約は明日10時です。")


def test_after_the_next_answer_that_gets_through_the_sentence_goes(page: Page) -> None:
    page.goto("/templates/new/")
    offline(page)
    body = page.get_by_label("本文", exact=True)
    body.fill("一")
    expect(page.locator("#trouble")).to_be_visible()
    page.context.set_offline(False)
    body.fill("二")
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_form_of_an_ended_session_is_sent_after_logging_in_elsewhere(page: Page, demo: Portal) -> None:
    page.goto("/templates/new/")
    page.get_by_label("名前").fill("切れた後の定型文")
    page.get_by_label("業務連絡").check()
    page.get_by_label("本文", exact=True).fill("ご予約は明日10時です。")
    session_ended(page)
    page.get_by_role("button", name="保存").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ログインの有効期限が切れました")
    other = page.context.new_page()
    sign_in(other, demo)
    expect(other.get_by_role("heading", level=1)).to_have_text("ダッシュボード")
    page.go_back()
    expect(page.get_by_label("名前")).to_have_value("切れた後の定型文")
    page.get_by_role("button", name="保存").last.click()
    expect(page.get_by_role("link", name="切れた後の定型文").first).to_be_visible()


def test_keys_lead_through_a_list(page: Page) -> None:
    page.goto("/contacts/")
    page.keyboard.press("j")
    first = page.locator("tbody tr").first
    expect(first.get_by_role("link").first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(first.get_by_role("link").first).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="キーボード操作")).to_be_visible()
    assert not objections(page)


def test_the_menu_of_a_phone_opens_and_closes(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/")
    page.get_by_role("button", name="メニュー", exact=True).click()
    expect(page.get_by_role("link", name="送信履歴")).to_be_visible()
    assert not objections(page)
    page.get_by_role("button", name="メニューを閉じる").click()
    expect(page.get_by_role("link", name="送信履歴")).to_be_hidden()


def test_what_was_done_is_read_aloud_on_the_next_page(page: Page) -> None:
    page.goto("/templates/new/")
    page.get_by_label("名前").fill("読み上げの見本")
    page.get_by_label("業務連絡").check()
    page.get_by_label("本文", exact=True).fill("ご予約は明日10時です。")
    page.get_by_role("button", name="保存").last.click()
    expect(page.locator("#messages .alert").first).to_be_visible()
    expect(page.locator("#announcer")).not_to_be_empty()


def test_a_passkey_signs_in_under_the_strict_policy(page: Page, demo: Portal) -> None:
    complaints = listen(page)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = key | {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto("/accounts/2fa/webauthn/add/")
    show_password(page, demo, "続ける")
    page.get_by_label("名前").fill("会社のパソコン")
    page.get_by_role("button", name="登録する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("リカバリーコード")
    page.context.clear_cookies(name="sessionid")
    sign_in(page, demo)
    expect(page).to_have_url(re.compile("/accounts/2fa/authenticate/"))
    assert not objections(page)
    page.get_by_role("button", name="パスキー・セキュリティキーを使う").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ダッシュボード")
    page.goto("/accounts/2fa/webauthn/")
    page.get_by_role("link", name="「会社のパソコン」を削除").click()
    if "reauthenticate" in page.url:
        show_password(page, demo, "続ける")
    page.get_by_role("button", name="削除する").click()
    expect(page.get_by_text("登録した鍵はまだありません")).to_be_visible()
    assert not complaints
