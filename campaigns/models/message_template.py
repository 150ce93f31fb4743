from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Purpose(models.TextChoices):
    """広告・宣伝 falls under 特定電子メール法: consent, sender's name and a way to refuse are then required."""

    ADVERTISING = "advertising", _("広告・宣伝")
    NOTICE = "notice", _("業務連絡")


class MessageTemplate(models.Model):
    """Reusable text with {{fields}}; a field may carry a default: {{氏名|お客様}}."""

    name = models.CharField(_("名前"), max_length=100, unique=True)
    category = models.CharField(_("分類"), max_length=50, blank=True)
    purpose = models.CharField(_("種別"), max_length=20, choices=Purpose, default=Purpose.NOTICE)
    body = models.TextField(_("本文"), max_length=2000)
    version = models.PositiveIntegerField(_("版"), default=1)
    vendor_template_id = models.CharField(_("配信事業者の定型文ID"), max_length=100, blank=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("更新者")
    )
    created_at = models.DateTimeField(_("作成日時"), auto_now_add=True)
    updated_at = models.DateTimeField(_("更新日時"), auto_now=True)

    class Meta:
        verbose_name = pgettext_lazy("one", "定型文")
        verbose_name_plural = _("定型文")
        ordering = ["category", "name"]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """What a template said, from one change of its text to the next; campaigns name the number they were made from."""

    template = models.ForeignKey(MessageTemplate, models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    body = models.TextField()
    purpose = models.CharField(max_length=20, choices=Purpose)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["template", "version"], name="template_version_once")]

    def __str__(self) -> str:
        return f"{self.template} {self.version}"
