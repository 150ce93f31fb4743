"""The portal's addresses: the product, sign-in, language, administration."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from campaigns.views.styleguide import styleguide

# The admin's own log-in would be a way round ours.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("campaigns.urls")),
    path("accounts/", include("smsportal.accounts_urls")),
    path("language/", login_not_required(set_language), name="set_language"),
    path("_styleguide/", styleguide, name="styleguide"),
    path("admin/", admin.site.urls),
]
