"""Every change made in the admin is written to 操作履歴, before and after, without secrets."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from campaigns.models import Activity


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    quiet_fields: tuple[str, ...] = ()  # that they changed is noted, from what to what is not

    def save_model(self, request: HttpRequest, obj: Model, form: "ModelForm[Any]", change: bool) -> None:
        super().save_model(request, obj, form, change)
        details = self.audit_details(form)
        if details or not change:
            Activity.objects.note(request.user, "settings_changed" if change else "settings_added", obj, **details)

    def audit_details(self, form: "ModelForm[Any]") -> dict[str, Any]:
        known = {field.name for field in self.opts.get_fields()}
        changed = {name: self._before_and_after(form, name) for name in form.changed_data if name in known}
        return {"changed": changed} if changed else {}

    def _before_and_after(self, form: "ModelForm[Any]", name: str) -> list[str]:
        if name in self.quiet_fields:
            return []
        return before_and_after(form, name)

    def save_formset(self, request: HttpRequest, form: "ModelForm[Any]", formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for obj in formset.new_objects:
            Activity.objects.note(request.user, "settings_added", obj)
        changed = {id(obj) for obj, _ in formset.changed_objects}
        for row in formset.forms:
            if id(row.instance) in changed:
                facts = {name: before_and_after(row, name) for name in row.changed_data}
                Activity.objects.note(request.user, "settings_changed", row.instance, changed=facts)
        for obj in formset.deleted_objects:
            Activity.objects.note(request.user, "settings_deleted", obj)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        Activity.objects.note(request.user, "settings_deleted", obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        for obj in queryset:
            self.delete_model(request, obj)


def before_and_after(form: "ModelForm[Any]", name: str) -> list[str]:
    return [written(form.initial.get(name)), written(form.cleaned_data.get(name))]


def written(value: Any) -> str:
    """A form's value as a person reads it: the names of what was picked, "" for nothing."""
    if value is None:
        return ""
    if isinstance(value, Iterable) and not isinstance(value, str | dict):
        return ", ".join(map(str, value))
    return str(value)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What happened can be looked at and not be changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
