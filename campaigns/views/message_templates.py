"""定型文: reusable texts, with what they come to while they are written."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.forms.message_templates import TemplateForm
from campaigns.models import Activity, Campaign, MessageTemplate, ProviderAccount, TemplateVersion
from campaigns.services.accounts import accounts_that
from campaigns.services.planning.previewing import preview_text
from campaigns.services.planning.sampling import field_names, made_up_people, newest_people
from campaigns.services.planning.template_versions import restore, save_template

from .access import requires
from .htmx import HtmxRequest, render_page
from .listing import as_liked
from .paging import page_of
from .previews import choose


@requires("campaigns.view_messagetemplate")
@require_GET
def template_list(request: HtmxRequest) -> HttpResponse:
    wanted, category = request.GET.get("q", "").strip(), request.GET.get("category", "")
    templates = MessageTemplate.objects.select_related("updated_by")
    if wanted:
        templates = templates.filter(name__icontains=wanted) | templates.filter(body__icontains=wanted)
    if category:
        templates = templates.filter(category=category)
    context = {
        "page": page_of(templates, request),
        "categories": _categories(),
        "category": category,
        "is_narrowed": bool(wanted or category),
        "can_import": accounts_that("lists_templates").exists(),
        **as_liked(request, "template_list"),
    }
    return render_page(request, "message_templates/list.html", None, context)


def _categories() -> list[str]:
    named = MessageTemplate.objects.exclude(category="").order_by("category")
    return list(named.values_list("category", flat=True).distinct())


@requires("campaigns.add_messagetemplate")
@require_http_methods(["GET", "POST"])
def template_new(request: HtmxRequest) -> HttpResponse:
    return _write(request, None)


@requires("campaigns.change_messagetemplate")
@require_http_methods(["GET", "POST"])
def template_edit(request: HtmxRequest, template_id: int) -> HttpResponse:
    return _write(request, get_object_or_404(MessageTemplate, pk=template_id))


@requires("campaigns.change_messagetemplate")
@require_POST
def template_preview(request: HtmxRequest) -> HttpResponse:
    return render(request, "message_templates/_previews.html", _preview(request, TemplateForm(request.POST)))


@requires("campaigns.delete_messagetemplate")
@require_http_methods(["GET", "POST"])
def template_delete(request: HtmxRequest, template_id: int) -> HttpResponse:
    template = get_object_or_404(MessageTemplate, pk=template_id)
    if request.method == "GET":
        return render_page(request, "message_templates/delete.html", None, {"template": template})
    with transaction.atomic():
        Activity.objects.note(request.user, "template_deleted", template)
        template.delete()
    messages.success(request, _("定型文「%(name)s」を削除しました。") % {"name": template.name})
    return redirect("template_list")


@requires("campaigns.view_messagetemplate")
@require_GET
def template_versions(request: HtmxRequest, template_id: int) -> HttpResponse:
    template = get_object_or_404(MessageTemplate, pk=template_id)
    page = page_of(template.versions.select_related("changed_by"), request)
    before = dict(template.versions.values_list("version", "body")) if page.rows else {}
    for version in page:
        version.before = before.get(version.version - 1, "")
    return render_page(request, "message_templates/versions.html", None, {"template": template, "page": page})


@requires("campaigns.change_messagetemplate")
@require_POST
def template_restore(request: HtmxRequest, template_id: int, version: int) -> HttpResponse:
    chosen = get_object_or_404(
        TemplateVersion.objects.select_related("template"), template=template_id, version=version
    )
    restore(chosen, request.user)
    messages.success(request, _("第%(version)d版の本文に戻しました。") % {"version": version})
    return redirect("template_versions", template_id)


def _write(request: HtmxRequest, template: MessageTemplate | None) -> HttpResponse:
    form = TemplateForm(request.POST or None, instance=template)
    if form.is_bound and request.POST.get("intent") != "preview":
        if form.is_valid():
            return _save(request, form)
        return _editor(request, form, status=422)
    return _editor(request, form)


def _save(request: HtmxRequest, form: TemplateForm) -> HttpResponse:
    save_template(form.instance, request.user)
    messages.success(request, _("定型文「%(name)s」を保存しました。") % {"name": form.instance.name})
    return redirect("template_list")


def _editor(request: HtmxRequest, form: TemplateForm, *, status: int = 200) -> HttpResponse:
    context = _preview(request, form) | {
        "form": form,
        "template": form.instance,
        "categories": _categories(),
        "field_names": field_names(newest_people()),
        "can_register": accounts_that("fills_templates").exists(),
    }
    return render(request, "message_templates/edit.html", context, status=status)


def _preview(request: HtmxRequest, form: TemplateForm) -> dict[str, Any]:
    """A text belongs to no account yet, so the first one in use counts it."""
    account = ProviderAccount.objects.filter(is_active=True).first()
    given = (form["body"].value() or "", form["purpose"].value() or "")
    draft = Campaign(body=given[0], purpose=given[1], account=account)
    preview = preview_text(draft, made_up_people(draft.body))
    return {
        "preview": preview,
        "account": account,
        "price": account.unit_price if account else None,
        **choose(preview, draft, request.POST),
    }
