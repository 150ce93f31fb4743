"""利用者: who signs in, and in which roles. Rights come from roles alone."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from campaigns.models import Activity, User
from campaigns.services.people import ADMINISTRATOR, forget_second_factor, second_factors
from campaigns.texts import ROLES, role_text

from .auditing import AuditedAdmin

NO_ROLE = _("複数選べます。役割がない利用者は、ログインしても何も表示されません。")


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    widget = forms.CheckboxSelectMultiple

    def __init__(self, **texts: Any) -> None:
        known = Group.objects.filter(name__in=ROLES).order_by("pk")
        super().__init__(known, required=False, **texts)

    def label_from_instance(self, obj: Group) -> str:
        return ": ".join(map(str, ROLES[obj.name]))


class RoleFilter(admin.SimpleListFilter):
    title = _("役割")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role, role_text(role)) for role in ROLES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


class NewPerson(AdminUserCreationForm):  # type: ignore[type-arg]
    usable_password = None  # type: ignore[assignment]  # everybody signs in with one


class NewPassword(AdminPasswordChangeForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "full_name", "email", "roles", "has_second_factor", "is_active", "last_login")
    list_filter = ("is_active", RoleFilter)
    filter_horizontal = ()
    actions = ("forget_second_factor",)
    add_form = NewPerson
    change_password_form = NewPassword
    readonly_fields = ("roles",)
    quiet_fields = ("username", "last_name", "first_name", "email", "password")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("氏名"), {"fields": ("last_name", "first_name", "email", "language", "wants_notices")}),
        (_("役割"), {"fields": ("groups", "is_active")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2")}),
        (_("氏名"), {"fields": ("last_name", "first_name", "email", "language", "wants_notices")}),
        (_("役割"), {"fields": ("groups",)}),
    )

    @admin.display(description=_("氏名"))
    def full_name(self, person: User) -> str:
        return f"{person.last_name} {person.first_name}".strip()

    @admin.display(description=_("役割"))
    def roles(self, person: User) -> str:
        return ", ".join(role_text(group.name) for group in person.groups.all())

    @admin.display(description=_("2段階認証"), boolean=True)
    def has_second_factor(self, person: User) -> bool:
        return bool(person.with_second_factor)  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> Any:
        people = super().get_queryset(request).prefetch_related("groups")
        return people.annotate(with_second_factor=Exists(second_factors().filter(user=OuterRef("pk"))))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            return RolesField(label=_("役割"), help_text=NO_ROLE)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: "ModelForm[Any]", formsets: Iterable[Any], change: bool) -> None:
        """Administrators, and nobody else, may enter the admin."""
        super().save_related(request, form, formsets, change)
        person = form.instance
        person.is_staff = person.is_superuser or person.groups.filter(name=ADMINISTRATOR).exists()
        person.save(update_fields=["is_staff"])

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Nobody locks themselves out, or gives themselves a role."""
        sets = super().get_fieldsets(request, obj)
        is_self = obj is not None and obj.pk == request.user.pk
        return [*sets[:-1], (_("役割"), {"fields": ("roles",)})] if is_self else sets

    @admin.action(description=_("2段階認証を解除(端末をなくした人)"), permissions=["change"])
    def forget_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            if not self.has_change_permission(request, person):
                text = _("「%(person)s」の2段階認証は、あなたには解除できません。")
            elif forget_second_factor(person, request.user):
                text = _("「%(person)s」の2段階認証を解除しました。次のログインはパスワードだけで行えます。")
            else:
                text = _("「%(person)s」は2段階認証を設定していません。")
            messages.info(request, text % {"person": person})

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
            Activity.objects.note(request.user, "password_set", User.objects.get(pk=id))
        return response

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Else an administrator could give a superuser's account a password of their own choice."""
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not is_above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People stay in the records of what they did; 有効 is unticked instead."""
        return False
