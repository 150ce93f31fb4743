"""Every page in Chromium: axe objects to nothing, nothing moves by itself or scrolls sideways, and no rule is broken.

PICTURES=folder takes pictures of all of them instead: desktop and phone, Japanese and English, light and dark.
"""

import itertools
import os
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from .looking import covered, listen, moved, objections, sideways
from .portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.processes]
SCREENS = {"desktop": (1280, 800), "phone": (320, 640)}
PERSON = "admin"


class Look(NamedTuple):
    screen: str
    language: str
    theme: str

    def __str__(self) -> str:
        return "-".join(self)


ALL_LOOKS = [Look(*look) for look in itertools.product(SCREENS, ("ja", "en"), ("light", "dark"))]
# Together these have each screen, language and theme; all eight would take four times as long.
LOOKS = ALL_LOOKS if os.environ.get("PICTURES") else [Look("desktop", "ja", "light"), Look("phone", "en", "dark")]


@pytest.fixture(scope="module")
def addresses(demo: Portal) -> list[tuple[str, str, bool]]:
    return demo.call("pages", password=demo.password_of(PERSON))


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_page(look: Look, demo: Portal, chrome: Browser, addresses: list[tuple[str, str, bool]]) -> None:
    problems: dict[str, list[str]] = {}
    for signed_in in (False, True):
        context = open_as(look, chrome, demo)
        page = context.new_page()
        heard = listen(page)
        if signed_in:
            sign_in(page, demo.password_of(PERSON))
        for name, url, needs_person in addresses:
            if needs_person == signed_in:
                page.goto(url)
                found = [*heard, *picture_or_problems(page, look, name)]
                heard.clear()
                problems |= {f"{name} {url}": found} if found else {}
        context.close()
    assert not problems, "\n".join(f"{where}: {what}" for where, whats in problems.items() for what in whats)


def test_every_form_that_is_refused(demo: Portal, chrome: Browser, addresses: list[tuple[str, str, bool]]) -> None:
    """Sent with what it needs left blank, it comes back with sentences; and that page is looked at like any other."""
    page = open_as(Look("phone", "ja", "light"), chrome, demo).new_page()
    heard = listen(page)
    sign_in(page, demo.password_of(PERSON))
    problems: dict[str, list[str]] = {}
    refused = 0
    for name, url, needs_person in addresses:
        page.goto(url)
        if needs_person and page.evaluate(BLANKED):
            with page.expect_navigation():
                page.evaluate("document.querySelector('[data-blanked]').requestSubmit()")
            refused += 1
            lacks = [] if page.locator(SAID).count() else ["says nothing"]
            lacks += [] if page.request.get(page.url).ok else ["cannot be loaded again"]
            found = [line for line in heard if REFUSED not in line] + lacks + sideways(page) + objections(page)
            problems |= {f"{name} {url}": found} if found else {}
        heard.clear()
    page.context.close()
    assert not problems, "\n".join(f"{where}: {what}" for where, whats in problems.items() for what in whats)
    assert refused > 10


# Chromium's own line for an answer of 422.
REFUSED = "the server responded with a status of 422"
SAID = ".error-summary, .wrong, .errorlist, .errornote"
BLANKED = """() => {
  const texts = "[type=text], [type=email], [type=password], [type=tel], [type=number]";
  const needed = `input[required]:is(${texts}), textarea[required]`;
  const form = [...document.querySelectorAll("main form[method=post]")].find((each) => each.querySelector(needed));
  if (!form) return false;
  form.noValidate = true;
  form.dataset.blanked = "";
  form.querySelectorAll(needed).forEach((field) => { field.value = ""; });
  return true;
}"""


def open_as(look: Look, browser: Browser, portal: Portal) -> BrowserContext:
    width, height = SCREENS[look.screen]
    context = browser.new_context(
        base_url=portal.url,
        viewport={"width": width, "height": height},
        color_scheme=look.theme,
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": "django_language", "value": look.language, "url": portal.url}])
    return context


def sign_in(page: Page, password: str) -> None:
    """And say the password once more, as the pages of the second factor ask."""
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(PERSON)
    page.locator("[name=password]").fill(password)
    page.locator(".primary").click()
    page.goto("/accounts/2fa/totp/activate/")
    page.locator("[name=password]").fill(password)
    page.locator(".primary").click()


def picture_or_problems(page: Page, look: Look, name: str) -> list[str]:
    if folder := os.environ.get("PICTURES"):
        place = Path(folder) / str(look)
        place.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=place / f"{name}.png", full_page=True)
        return []
    return [*moved(page), *sideways(page), *objections(page)]


@pytest.mark.parametrize(
    "viewport", [pytest.param((320, 640), id="a narrow phone"), pytest.param((640, 360), id="200 % zoom")]
)
def test_no_bar_covers_what_has_the_focus(viewport: tuple[int, int], demo: Portal, chrome: Browser) -> None:
    width, height = viewport
    page = chrome.new_page(base_url=demo.url, viewport={"width": width, "height": height})
    sign_in(page, demo.password_of(PERSON))
    page.goto("/campaigns/new/")
    assert not covered(page)
    page.context.close()
