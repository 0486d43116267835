"""Addresses of the HTTP API, under /api/v1/."""

from django.db import transaction
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from governance.api import notices, people
from review.api import (
    amending,
    attachments,
    board,
    budgets,
    certificates,
    context,
    datasets,
    dead_letters,
    deliveries,
    drafts,
    drift,
    events,
    flips_download,
    items,
    me,
    policy_versions,
    preferences,
    proposals,
    queues,
    replays,
    reveal,
    reviews,
    sample,
    snooze,
    team,
    templates,
    tuner,
    webhooks,
    workflows,
)

app_name = "api"


class KeyConverter(StringConverter):
    """A key as workflows and queues have them."""

    regex = "[a-z0-9][a-z0-9-]{0,62}"


class Sha256Converter(StringConverter):
    """A hash in hexadecimal."""

    regex = "[0-9a-f]{64}"


register_converter(KeyConverter, "key")
register_converter(Sha256Converter, "sha256")

urlpatterns = [
    path("me/", me.Me.as_view(), name="me"),
    path("me/preferences/", preferences.MyPreferences.as_view(), name="preferences"),
    path("workflows/", workflows.WorkflowList.as_view(), name="workflows"),
    path("workflows/<key:workflow_key>/", workflows.WorkflowView.as_view(), name="workflow"),
    path("workflows/<key:workflow_key>/templates/", templates.TemplateList.as_view(), name="workflow-templates"),
    path("workflows/<key:workflow_key>/tuner/", tuner.TunerView.as_view(), name="workflow-tuner"),
    path("workflows/<key:workflow_key>/assumptions/", tuner.AssumptionsView.as_view(), name="workflow-assumptions"),
    path("workflows/<key:workflow_key>/proposals/", proposals.WorkflowProposals.as_view(), name="workflow-proposals"),
    path(
        "workflows/<key:workflow_key>/policy-versions/",
        policy_versions.PolicyVersions.as_view(),
        name="policy-versions",
    ),
    path(
        "workflows/<key:workflow_key>/policy-versions/<int:number>/",
        policy_versions.PolicyVersionView.as_view(),
        name="policy-version",
    ),
    path(
        "workflows/<key:workflow_key>/policy-versions/<int:number>/diff/",
        policy_versions.PolicyDiff.as_view(),
        name="policy-diff",
    ),
    path(
        "workflows/<key:workflow_key>/policy-versions/<int:number>/return/",
        policy_versions.PolicyReturn.as_view(),
        name="policy-return",
    ),
    path("proposals/<uuid:proposal_id>/", proposals.ProposalView.as_view(), name="proposal"),
    path("proposals/<uuid:proposal_id>/approve/", proposals.Approve.as_view(), name="proposal-approve"),
    path("proposals/<uuid:proposal_id>/refuse/", proposals.Refuse.as_view(), name="proposal-refuse"),
    path("proposals/<uuid:proposal_id>/withdraw/", proposals.Withdraw.as_view(), name="proposal-withdraw"),
    path("proposals/<uuid:proposal_id>/stage/", proposals.Stage.as_view(), name="proposal-stage"),
    path("proposals/<uuid:proposal_id>/finish/", proposals.Finish.as_view(), name="proposal-finish"),
    path("proposals/<uuid:proposal_id>/roll-back/", proposals.RollBack.as_view(), name="proposal-roll-back"),
    path("workflows/<key:workflow_key>/replays/", replays.WorkflowReplays.as_view(), name="workflow-replays"),
    path("replays/<uuid:replay_id>/", replays.ReplayView.as_view(), name="replay"),
    path("replays/<uuid:replay_id>/flips/", replays.ReplayFlips.as_view(), name="replay-flips"),
    path(
        "replays/<uuid:replay_id>/flips/download/",
        transaction.non_atomic_requests(flips_download.FlipsDownload.as_view()),
        name="replay-flips-download",
    ),
    path("workflows/<key:workflow_key>/budgets/", budgets.WorkflowBudgets.as_view(), name="workflow-budgets"),
    path("budgets/<uuid:budget_id>/", budgets.BudgetView.as_view(), name="budget"),
    path("budgets/<uuid:budget_id>/restore/", budgets.RestoreBudget.as_view(), name="budget-restore"),
    path("workflows/<key:workflow_key>/drift/", drift.WorkflowDrift.as_view(), name="workflow-drift"),
    path("workflows/<key:workflow_key>/sample/", sample.SampleView.as_view(), name="workflow-sample"),
    path(
        "workflows/<key:workflow_key>/sample/windows/<int:number>/try-again/",
        sample.TryAgain.as_view(),
        name="sample-window-try-again",
    ),
    path("certificates/", certificates.CertificateList.as_view(), name="certificates"),
    path("certificates/<uuid:certificate_id>/", certificates.CertificateView.as_view(), name="certificate"),
    path(
        "certificates/<uuid:certificate_id>/withdraw/",
        certificates.WithdrawCertificate.as_view(),
        name="certificate-withdraw",
    ),
    path("workflows/<key:workflow_key>/items/", items.WorkflowItems.as_view(), name="workflow-items"),
    path("workflows/<key:workflow_key>/items/batch/", items.WorkflowBatch.as_view(), name="workflow-batch"),
    path("items/", items.ItemList.as_view(), name="items"),
    path("items/<uuid:item_id>/", items.ItemView.as_view(), name="item"),
    path("items/<uuid:item_id>/trail/", items.ItemTrail.as_view(), name="item-trail"),
    path("items/<uuid:item_id>/withdraw/", items.Withdraw.as_view(), name="item-withdraw"),
    path("items/<uuid:item_id>/reveal/", reveal.Reveal.as_view(), name="item-reveal"),
    path("items/<uuid:item_id>/amend/", amending.Amend.as_view(), name="item-amend"),
    path("items/<uuid:item_id>/replay/", dead_letters.Replay.as_view(), name="item-replay"),
    path("items/<uuid:item_id>/to-people/", dead_letters.ToPeople.as_view(), name="item-to-people"),
    path("dead-letters/", dead_letters.DeadLetters.as_view(), name="dead-letters"),
    # Batch by batch: a transaction around the request would hold them all.
    path(
        "dead-letters/replay/",
        transaction.non_atomic_requests(dead_letters.ReplayAll.as_view()),
        name="dead-letters-replay",
    ),
    path(
        "dead-letters/to-people/",
        transaction.non_atomic_requests(dead_letters.AllToPeople.as_view()),
        name="dead-letters-to-people",
    ),
    path("attachments/", attachments.AttachmentList.as_view(), name="attachments"),
    path("attachments/<sha256:sha256>/", attachments.AttachmentView.as_view(), name="attachment"),
    path("queues/", queues.QueueList.as_view(), name="queues"),
    path("queues/<key:queue_key>/claim/", queues.ClaimFromQueue.as_view(), name="queue-claim"),
    path("board/", board.BoardView.as_view(), name="board"),
    path("queues/<key:queue_key>/pause/", board.PauseQueue.as_view(), name="queue-pause"),
    path("reviews/<uuid:review_id>/take-back/", board.TakeBack.as_view(), name="review-take-back"),
    path("workflows/<key:workflow_key>/stop/", board.StopAutomation.as_view(), name="workflow-stop"),
    path("workflows/<key:workflow_key>/resume/", board.ResumeAutomation.as_view(), name="workflow-resume"),
    path("claim/", queues.Claim.as_view(), name="claim"),
    path("reviews/<uuid:review_id>/renew/", reviews.Renew.as_view(), name="review-renew"),
    path("reviews/<uuid:review_id>/release/", reviews.Release.as_view(), name="review-release"),
    path("reviews/<uuid:review_id>/snooze/", snooze.Snooze.as_view(), name="review-snooze"),
    path("reviews/<uuid:review_id>/draft/", drafts.DraftView.as_view(), name="review-draft"),
    path("reviews/<uuid:review_id>/context/", context.Context.as_view(), name="review-context"),
    path("reviews/<uuid:review_id>/decide/", reviews.Decide.as_view(), name="review-decide"),
    path("reviews/<uuid:review_id>/assign/", team.Assign.as_view(), name="review-assign"),
    # Review by review: a transaction around the request would hold them all.
    path("reviews/bulk/", transaction.non_atomic_requests(team.Bulk.as_view()), name="reviews-bulk"),
    path("people/", people.People.as_view(), name="people"),
    path("notices/", notices.Notices.as_view(), name="notices"),
    path("notices/read/", notices.NoticesRead.as_view(), name="notices-read"),
    path("decisions/<uuid:decision_id>/undo/", reviews.Undo.as_view(), name="decision-undo"),
    path("datasets/", datasets.DatasetList.as_view(), name="datasets"),
    # Streams: a transaction around the request would be held for as long as the caller reads.
    path(
        "datasets/<uuid:dataset_id>/download/",
        transaction.non_atomic_requests(datasets.DatasetDownload.as_view()),
        name="dataset-download",
    ),
    path("webhooks/", webhooks.WebhookList.as_view(), name="webhooks"),
    path("webhooks/<uuid:webhook_id>/", webhooks.WebhookView.as_view(), name="webhook"),
    path("webhooks/<uuid:webhook_id>/rotate/", webhooks.WebhookRotate.as_view(), name="webhook-rotate"),
    path("webhooks/<uuid:webhook_id>/ping/", webhooks.WebhookPing.as_view(), name="webhook-ping"),
    path("webhooks/<uuid:webhook_id>/replay/", webhooks.WebhookReplay.as_view(), name="webhook-replay"),
    path("webhooks/<uuid:webhook_id>/deliveries/", deliveries.WebhookDeliveries.as_view(), name="webhook-deliveries"),
    path("deliveries/<uuid:delivery_id>/", deliveries.DeliveryView.as_view(), name="delivery"),
    path("deliveries/<uuid:delivery_id>/replay/", deliveries.DeliveryReplay.as_view(), name="delivery-replay"),
    path("events/", events.Events.as_view(), name="events"),
]
