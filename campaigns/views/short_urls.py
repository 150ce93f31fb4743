"""短縮URL, made while a text is written: a dialog in the editor, a page of its own without JavaScript."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from campaigns.errors import RuleError
from campaigns.forms.vendors import ShortUrlForm
from campaigns.services.short_urls import shorten

from .access import requires
from .htmx import HtmxRequest, render_page


@requires("campaigns.change_campaign")
@require_http_methods(["GET", "POST"])
def shorturl_new(request: HtmxRequest) -> HttpResponse:
    form = ShortUrlForm(request.POST or None)
    short = _made(request, form) if form.is_bound and form.is_valid() else ""
    if form.errors:
        page = "short_urls/_form.html" if request.htmx else "short_urls/new.html"
        return render(request, page, {"short_url_form": form}, status=422)
    context = {"short_url_form": form, "short": short}
    return render_page(request, "short_urls/new.html", "short_urls/_form.html", context)


def _made(request: HtmxRequest, form: ShortUrlForm) -> str:
    try:
        return shorten(form.cleaned_data["account"], form.cleaned_data["url"], request.user)
    except RuleError as error:
        form.add_error(None, str(error))
        return ""
