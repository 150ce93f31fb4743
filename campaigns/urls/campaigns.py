from django.urls import path

from campaigns.views import (
    approvals,
    campaign_confirmation,
    campaign_editor,
    campaign_keeping,
    campaign_live,
    campaign_preview,
    campaign_stopping,
    campaign_trial,
    campaigns,
    message_templates,
)

urlpatterns = [
    path("campaigns/", campaigns.campaign_list, name="campaign_list"),
    path("campaigns/new/", campaign_editor.campaign_new, name="campaign_new"),
    path("campaigns/preview/", campaign_preview.campaign_preview, name="campaign_preview"),
    path("campaigns/<int:campaign_id>/", campaign_live.campaign_detail, name="campaign_detail"),
    path("campaigns/<int:campaign_id>/edit/", campaign_editor.campaign_edit, name="campaign_edit"),
    path("campaigns/<int:campaign_id>/prepare/", campaign_confirmation.campaign_prepare, name="campaign_prepare"),
    path("campaigns/<int:campaign_id>/confirm/", campaign_confirmation.campaign_confirm, name="campaign_confirm"),
    path(
        "campaigns/<int:campaign_id>/exclusions/", campaign_confirmation.campaign_exclusions, name="campaign_exclusions"
    ),
    path("campaigns/<int:campaign_id>/send/", campaign_confirmation.campaign_send, name="campaign_send"),
    path("campaigns/<int:campaign_id>/trial/", campaign_trial.campaign_trial, name="campaign_trial"),
    path("campaigns/<int:campaign_id>/trial/results/", campaign_trial.trial_results, name="trial_results"),
    path("campaigns/<int:campaign_id>/trial/phones/add/", campaign_trial.trial_phone_add, name="trial_phone_add"),
    path(
        "campaigns/<int:campaign_id>/trial/phones/remove/", campaign_trial.trial_phone_remove, name="trial_phone_remove"
    ),
    path("campaigns/<int:campaign_id>/stop/", campaign_stopping.campaign_stop, name="campaign_stop"),
    path("campaigns/<int:campaign_id>/pause/", campaign_stopping.campaign_pause, name="campaign_pause"),
    path("campaigns/<int:campaign_id>/resume/", campaign_stopping.campaign_resume, name="campaign_resume"),
    path("campaigns/<int:campaign_id>/keep/", campaign_keeping.campaign_keep, name="campaign_keep"),
    path("campaigns/<int:campaign_id>/duplicate/", campaigns.campaign_duplicate, name="campaign_duplicate"),
    path("campaigns/<int:campaign_id>/delete/", campaigns.campaign_delete, name="campaign_delete"),
    path("campaigns/<int:campaign_id>/approve/", approvals.campaign_approve, name="campaign_approve"),
    path("campaigns/<int:campaign_id>/return/", approvals.campaign_return, name="campaign_return"),
    path("campaigns/<int:campaign_id>/withdraw/", approvals.campaign_withdraw, name="campaign_withdraw"),
    path("approvals/", approvals.approval_list, name="approval_list"),
    path("templates/", message_templates.template_list, name="template_list"),
    path("templates/new/", message_templates.template_new, name="template_new"),
    path("templates/preview/", message_templates.template_preview, name="template_preview"),
    path("templates/<int:template_id>/edit/", message_templates.template_edit, name="template_edit"),
    path("templates/<int:template_id>/versions/", message_templates.template_versions, name="template_versions"),
    path(
        "templates/<int:template_id>/versions/<int:version>/restore/",
        message_templates.template_restore,
        name="template_restore",
    ),
    path("templates/<int:template_id>/delete/", message_templates.template_delete, name="template_delete"),
]
