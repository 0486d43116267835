"""Addresses of the pages inside a workspace, and of the metrics."""

from django.urls import path

from review.views import datasets, items, metrics, queues, work, workflows

app_name = "review"

urlpatterns = [
    path("metrics", metrics.metrics, name="metrics"),
    path("w/<slug:workspace>/", queues.home, name="home"),
    path("w/<slug:workspace>/queues/", queues.queues, name="queues"),
    path("w/<slug:workspace>/work/", work.work, name="work"),
    path("w/<slug:workspace>/work/<slug:queue_key>/", work.work, name="work"),
    path("w/<slug:workspace>/items/", items.items, name="items"),
    path("w/<slug:workspace>/items/<uuid:item_id>/", items.item, name="item"),
    path("w/<slug:workspace>/workflows/", workflows.workflow_list, name="workflows"),
    path("w/<slug:workspace>/workflows/<slug:key>/", workflows.workflow_page, name="workflow"),
    path("w/<slug:workspace>/datasets/", datasets.dataset_list, name="datasets"),
    path("w/<slug:workspace>/datasets/<uuid:dataset_id>/", datasets.dataset, name="dataset"),
    path("w/<slug:workspace>/datasets/<uuid:dataset_id>/download/", datasets.dataset_download, name="dataset_download"),
]
