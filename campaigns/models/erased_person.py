"""What remains of a person whose data is gone: proof of consent under a pseudonym, and nothing to call them by."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .contact import ConsentBasis


class ErasedPerson(models.Model):
    phone = models.CharField(max_length=16, unique=True)  # pseudonym
    consent_basis = models.CharField(_("同意区分"), max_length=10, choices=ConsentBasis, blank=True)
    consented_at = models.DateTimeField(_("同意日時"), null=True)
    consent_method = models.CharField(_("同意方法"), max_length=100, blank=True)
    erased_at = models.DateTimeField(_("消去日時"))

    class Meta:
        verbose_name = _("消去した人の同意の記録")
        verbose_name_plural = _("消去した人の同意の記録")

    def __str__(self) -> str:
        return self.phone
