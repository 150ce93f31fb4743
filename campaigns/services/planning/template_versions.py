"""定型文 and what they said before: every text a template ever had is kept, with who wrote it and when."""

from django.db import transaction

from campaigns.models import Activity, MessageTemplate, TemplateVersion, User


def save_template(template: MessageTemplate, actor: User, *, verb: str = "template_edited") -> None:
    """A changed text is a new version, also when somebody else changed it meanwhile: neither is lost."""
    with transaction.atomic():
        stored = MessageTemplate.objects.select_for_update().filter(pk=template.pk).first()
        if stored:
            _keep(stored, stored.updated_by)  # made where nobody wrote versions down
            template.version = stored.version + (stored.body != template.body)
        template.updated_by = actor
        template.save()
        _keep(template, actor)
        Activity.objects.note(actor, verb if stored else "template_created", template, version=template.version)


def restore(version: TemplateVersion, actor: User) -> None:
    """The old text becomes the newest version; what stood there until now stays in the history."""
    template = version.template
    template.body, template.purpose = version.body, version.purpose
    save_template(template, actor, verb="template_restored")


def _keep(template: MessageTemplate, author: User | None) -> None:
    said = {"body": template.body, "purpose": template.purpose, "changed_by": author}
    TemplateVersion.objects.get_or_create(template=template, version=template.version, defaults=said)
