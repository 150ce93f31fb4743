"""The portal's addresses: the product, sign-in, language, administration."""

from allauth.account.decorators import secure_admin_login
from allauth.account.views import logout, password_change
from django.contrib import admin
from django.urls import include, path

from campaigns.views.profile import set_own_language
from campaigns.views.styleguide import styleguide

# The admin's own log-in, log-out and password page would be ways round ours and its notes in 操作履歴.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.logout = logout  # type: ignore[method-assign]
admin.site.password_change = password_change  # type: ignore[method-assign]

urlpatterns = [
    path("", include("campaigns.urls")),
    path("accounts/", include("smsportal.accounts_urls")),
    path("language/", set_own_language, name="set_language"),
    path("_styleguide/", styleguide, name="styleguide"),
    path("admin/", admin.site.urls),
]
