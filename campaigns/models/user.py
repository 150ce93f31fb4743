from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class User(AbstractUser):
    """A person who signs in; what they may do comes from the roles (groups) of services/people.py."""

    # The columns somebody wants to see: URL name of a list -> names joined by full stops.
    columns = models.JSONField(default=dict, editable=False)
    # Of pages on whatever machine, and of mails; until chosen, the browser's.
    language = models.CharField(_("表示言語"), max_length=7, choices=settings.LANGUAGES, blank=True)
    wants_notices = models.BooleanField(
        _("メールでのお知らせ"),
        default=True,
        help_text=_("承認の依頼とその結果、配信の保留をメールで知らせます。"),
    )

    class Meta:
        verbose_name = _("利用者")
        verbose_name_plural = pgettext_lazy("several", "利用者")
        permissions = [("see_numbers", _("電話番号をすべて表示できる"))]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        """Family name first, as both languages of the portal are used in Japan."""
        return f"{self.last_name} {self.first_name}".strip()
