"""Counters and histograms for Prometheus; names are part of the interface."""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

ITEMS_RECEIVED = Counter("aios_items_received_total", "Items at intake", ["workflow", "result"])
ITEMS_ROUTED = Counter("aios_items_routed_total", "Items routed", ["workflow", "disposition"])
PREDICTION_FAILURES = Counter("aios_prediction_failures_total", "Predictions that failed", ["workflow", "failure"])
PREDICT_SECONDS = Histogram("aios_predict_batch_seconds", "One batch through the model", ["workflow"], buckets=_FAST)
REVIEWS_CLAIMED = Counter("aios_reviews_claimed_total", "Reviews handed out")
DECISIONS = Counter("aios_decisions_total", "Answers of reviewers", ["action"])
STALE_FENCES = Counter("aios_stale_fences_total", "Answers refused because the lease had passed on")
REQUEST_SECONDS = Histogram("aios_request_seconds", "HTTP requests", ["method", "route", "status"], buckets=_FAST)
SWEPT = Counter("aios_swept_total", "Rows that the sweeper moved", ["what"])
THROTTLED = Counter("aios_throttled_total", "Requests refused because a rate was spent", ["limit"])
WAITING = Gauge("aios_waiting_callers", "Callers that wait for an item", multiprocess_mode="livesum")
OVERLOADED = Counter("aios_overloaded_total", "Requests that the web server refused by itself", ["what"])
EVENTS_PUBLISHED = Counter("aios_events_published_total", "Events that got their number and may leave")
DELIVERIES = Counter("aios_deliveries_total", "Attempts to deliver an event", ["result"])
