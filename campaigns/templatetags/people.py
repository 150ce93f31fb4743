"""What is said about people and their devices."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# Looked for in this order: most name several others to be let in by old sites.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@register.filter
def browser(user_agent: str) -> str:
    """What a browser calls itself, in the two words its owner knows: Chrome, Windows."""
    found = [next((name for mark, name in names.items() if mark in user_agent), "") for names in (BROWSERS, SYSTEMS)]
    return " / ".join(filter(None, found)) or _("不明なブラウザー")
