"""定型文 the vendor keeps: taking its texts over, and tying one of ours to the vendor's id."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from campaigns.errors import RuleError
from campaigns.forms.vendors import AccountChoice, RegisteredTemplateForm
from campaigns.models import MessageTemplate
from campaigns.services.planning.registered_templates import Offer, offered_templates, take_over, tie, untie

from .access import requires
from .htmx import HtmxRequest


@requires("campaigns.add_messagetemplate")
@require_http_methods(["GET", "POST"])
def template_import(request: HtmxRequest) -> HttpResponse:
    """Choose an account, see what its vendor keeps, tick what to take over."""
    form = AccountChoice(request.POST or request.GET or None, capability="lists_templates")
    if not form.is_bound or not form.is_valid():
        return render(request, "message_templates/import.html", {"form": form})
    try:
        if request.method == "POST":
            return _take_over(request, form)
        offers = offered_templates(form.cleaned_data["account"])
    except RuleError as error:
        form.add_error(None, str(error))
        return render(request, "message_templates/import.html", {"form": form}, status=422)
    return _offer(request, form, offers)


def _offer(request: HtmxRequest, form: AccountChoice, offers: list[Offer]) -> HttpResponse:
    context = {
        "form": form,
        "account": form.cleaned_data["account"],
        "offers": offers,
        "can_take": any(offer.can_be_taken for offer in offers),
    }
    return render(request, "message_templates/import.html", context)


def _take_over(request: HtmxRequest, form: AccountChoice) -> HttpResponse:
    taken = take_over(form.cleaned_data["account"], request.POST.getlist("name"), request.user)
    if taken:
        text = ngettext("定型文を%(count)s件取り込みました。", "定型文を%(count)s件取り込みました。", taken)
        messages.success(request, text % {"count": taken})
    else:
        messages.info(request, _("取り込む定型文を1件以上選んでください。"))
    return redirect("template_list")


@requires("campaigns.change_messagetemplate")
@require_http_methods(["GET", "POST"])
def template_register(request: HtmxRequest, template_id: int) -> HttpResponse:
    template = get_object_or_404(MessageTemplate, pk=template_id)
    if request.method == "POST" and request.POST.get("intent") == "untie":
        untie(template, request.user)
        messages.success(request, _("今後は、このポータルの本文で送ります。"))
        return redirect("template_edit", template_id)
    form = RegisteredTemplateForm(template, request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            tie(form.registered(), request.user)
        except RuleError as error:
            form.add_error("vendor_id", str(error))
        else:
            messages.success(request, _("配信事業者の定型文IDを保存しました。"))
            return redirect("template_edit", template_id)
    context = {"template": template, "form": form}
    return render(request, "message_templates/register.html", context, status=422 if form.errors else 200)
