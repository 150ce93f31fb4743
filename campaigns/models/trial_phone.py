"""A person's own phone, where a text goes on trial (テスト送信)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.rules.phone_numbers import format_domestic


class TrialPhone(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="trial_phones")
    phone = models.CharField(_("携帯電話番号"), max_length=16)  # E.164
    label = models.CharField(_("名前"), max_length=50, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["user", "phone"], name="trial_phone_once_per_user")]

    def __str__(self) -> str:
        return self.label or format_domestic(self.phone)
