"""Short URLs made by a vendor, for a text that is being written."""

from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import Activity, ProviderAccount, User
from campaigns.texts import trouble_text
from providers.errors import ProviderError

from .accounts import ask_vendor


def shorten(account: ProviderAccount, url: str, actor: User) -> str:
    """A new short URL that leads there; RuleError says why the vendor made none."""
    try:
        short = ask_vendor(account, lambda provider: provider.shorten(url))
    except ProviderError as error:
        text = _("「%(account)s」で短縮URLを作れませんでした。%(reason)s")
        raise RuleError(text % {"account": account, "reason": trouble_text(error.code)}) from error
    Activity.objects.note(actor, "url_shortened", account, url=short)
    return short
