"""Addresses of the pages inside a workspace, and of the metrics."""

from django.urls import path

from review.views import (
    budgets,
    certificates,
    datasets,
    dead,
    deliveries,
    drift,
    items,
    metrics,
    notices,
    queues,
    replay,
    sample,
    thresholds,
    versions,
    work,
    workflows,
)

app_name = "review"

urlpatterns = [
    path("metrics", metrics.metrics, name="metrics"),
    path("w/<slug:workspace>/", queues.home, name="home"),
    path("w/<slug:workspace>/queues/", queues.queues, name="queues"),
    path("w/<slug:workspace>/work/", work.work, name="work"),
    path("w/<slug:workspace>/work/<slug:queue_key>/", work.work, name="work"),
    path("w/<slug:workspace>/items/", items.items, name="items"),
    path("w/<slug:workspace>/items/<uuid:item_id>/", items.item, name="item"),
    path("w/<slug:workspace>/dead/", dead.dead, name="dead"),
    path("w/<slug:workspace>/notices/", notices.notices, name="notices"),
    path("w/<slug:workspace>/notices/read/", notices.notices_read, name="notices_read"),
    path("w/<slug:workspace>/workflows/", workflows.workflow_list, name="workflows"),
    path("w/<slug:workspace>/workflows/<slug:key>/", workflows.workflow_page, name="workflow"),
    path("w/<slug:workspace>/workflows/<slug:key>/thresholds/", thresholds.thresholds, name="thresholds"),
    path("w/<slug:workspace>/workflows/<slug:key>/versions/", versions.versions, name="versions"),
    path(
        "w/<slug:workspace>/workflows/<slug:key>/versions/<uuid:version_id>/code/", versions.code, name="version_code"
    ),
    path("w/<slug:workspace>/proposals/<uuid:proposal_id>/", versions.proposal, name="proposal"),
    path("w/<slug:workspace>/workflows/<slug:key>/replay/", replay.replay, name="replay"),
    path("w/<slug:workspace>/workflows/<slug:key>/budgets/", budgets.budgets, name="budgets"),
    path("w/<slug:workspace>/workflows/<slug:key>/budgets/add/", budgets.budget_add, name="budget_add"),
    path(
        "w/<slug:workspace>/workflows/<slug:key>/budgets/<uuid:budget_id>/restore/",
        budgets.budget_restore,
        name="budget_restore",
    ),
    path(
        "w/<slug:workspace>/workflows/<slug:key>/budgets/<uuid:budget_id>/retire/",
        budgets.budget_retire,
        name="budget_retire",
    ),
    path("w/<slug:workspace>/workflows/<slug:key>/drift/", drift.drift, name="drift"),
    path("w/<slug:workspace>/workflows/<slug:key>/sample/", sample.sample, name="sample"),
    path("w/<slug:workspace>/workflows/<slug:key>/sample/plan/", sample.sample_plan, name="sample_plan"),
    path(
        "w/<slug:workspace>/workflows/<slug:key>/sample/<int:number>/try-again/",
        sample.sample_try_again,
        name="sample_try_again",
    ),
    path("w/<slug:workspace>/certificates/", certificates.certificate_list, name="certificates"),
    path("w/<slug:workspace>/certificates/<uuid:certificate_id>/", certificates.certificate, name="certificate"),
    path(
        "w/<slug:workspace>/certificates/<uuid:certificate_id>/withdraw/",
        certificates.certificate_withdraw,
        name="certificate_withdraw",
    ),
    path("w/<slug:workspace>/datasets/", datasets.dataset_list, name="datasets"),
    path("w/<slug:workspace>/datasets/<uuid:dataset_id>/", datasets.dataset, name="dataset"),
    path("w/<slug:workspace>/datasets/<uuid:dataset_id>/download/", datasets.dataset_download, name="dataset_download"),
    path("w/<slug:workspace>/deliveries/", deliveries.deliveries, name="deliveries"),
    path("w/<slug:workspace>/deliveries/replay/", deliveries.deliveries_replay, name="deliveries_replay"),
    path("w/<slug:workspace>/deliveries/<uuid:delivery_id>/", deliveries.delivery, name="delivery"),
    path(
        "w/<slug:workspace>/deliveries/<uuid:delivery_id>/replay/", deliveries.delivery_replay, name="delivery_replay"
    ),
    path("w/<slug:workspace>/endpoints/<uuid:endpoint_id>/enable/", deliveries.endpoint_enable, name="endpoint_enable"),
]
