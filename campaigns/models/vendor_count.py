from django.db import models
from django.utils.translation import gettext_lazy as _


class VendorCount(models.Model):
    """What the vendor said it counted for a month, when we asked. Its invoice is what counts in the end."""

    account = models.ForeignKey(
        "ProviderAccount", models.CASCADE, related_name="vendor_counts", verbose_name=_("接続先")
    )
    month = models.DateField(_("月"))  # its first day
    carrier = models.CharField(max_length=10)
    parts = models.PositiveIntegerField(_("通数"))
    asked_at = models.DateTimeField(_("照会日時"))

    class Meta:
        verbose_name = _("配信事業者の通数")
        verbose_name_plural = _("配信事業者の通数")
        constraints = [models.UniqueConstraint(fields=["account", "month", "carrier"], name="vendor_count_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.carrier}"
