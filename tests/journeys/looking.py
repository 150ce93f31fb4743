"""What can be wrong with a page as it stands in Chromium."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

# Of htmx, both at once, when a person leaves a page that was just looking again; any other failure has a word more.
LEFT_IN_BETWEEN = ("htmx:afterRequest,", "htmx:sendAbort,")


def listen(page: Page) -> list[str]:
    """Errors of scripts, and what the Content-Security-Policy forbade, from now on."""
    heard: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(LEFT_IN_BETWEEN):
            heard.append(message.text)

    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", hear)
    return heard


def sideways(page: Page) -> list[str]:
    width = page.evaluate("document.scrollingElement.scrollWidth")
    room = page.evaluate("innerWidth")
    return [f"{width} px wide in a window of {room}"] if width > room else []


MOVED = """() => new Promise((tell) => {
  const nameOf = ({node}) => node && (node.id || node.className || node.nodeName);
  const observer = new PerformanceObserver((list) => {
    const byItself = list.getEntries().filter((shift) => !shift.hadRecentInput);
    const score = byItself.reduce((sum, shift) => sum + shift.value, 0);
    tell(score < LEAST ? [] : byItself.flatMap((shift) => shift.sources.map(nameOf)));
  });
  observer.observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => tell([])));
})"""


def moved(page: Page) -> list[str]:
    """What was painted in one place and then in another, though nobody had touched anything, by more than what a busy
    machine paints while the page still comes in: a tenth of the cumulative shift that counts as good.

    Not in the admin site, where Django's own script opens the menu once the page is there.
    """
    return [] if "/admin/" in page.url else [f"{name} moved" for name in page.evaluate(MOVED.replace("LEAST", "0.01"))]


# Of a long table the first dozen rows: the contrast of each cell takes most of the time, and the next rows are alike.
ALIKE = {"exclude": [["tbody tr:nth-child(n+13)"]]}
# WCAG 2.2, 2.5.8, which it leaves out by itself: targets of 24 px, or that far apart.
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def objections(page: Page) -> list[str]:
    """Of axe, by all its rules; two places of each are enough to find it."""
    violations = Axe().run(page, ALIKE, OPTIONS).response["violations"]
    return [f"{each['id']}: {node['target']} {node['html'][:120]}" for each in violations for node in each["nodes"][:2]]


# A control that another element covers at every point asked: WCAG 2.2, 2.4.11.
COVERED = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const box = it.getBoundingClientRect();
  const shares = [0.1, 0.5, 0.9];
  const points = shares.flatMap((x) => shares.map((y) => [box.left + x * box.width, box.top + y * box.height]));
  const labels = [...(it.labels || [])];
  const isSeen = points.some(([x, y]) => {
    const top = document.elementFromPoint(x, y);
    return top && (it.contains(top) || labels.some((label) => label.contains(top)));
  });
  return isSeen ? "" : it.id || it.textContent.trim();
}"""


def covered(page: Page) -> list[str]:
    """Walk the page from its beginning by Tab: the stops of which nothing is to be seen."""
    found: list[str] = []
    page.evaluate("document.activeElement.blur()")
    while True:
        page.keyboard.press("Tab")
        name = page.evaluate(COVERED)
        if name is None:
            return found
        found += [name] if name else []
