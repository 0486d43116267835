"""What a reviewer may know of the model behind a suggestion."""

from dataclasses import dataclass
from typing import Any

# The model that last predicted an item, else the one in charge of its workflow, as one JSON column; {item}, {workflow} are columns.
MODEL_CARD_SQL = """
(SELECT json_build_object('name', m.name, 'version', v.version, 'backend', v.backend, 'registered_at', v.created_at,
                          'metrics', v.metrics, 'labels', v.config -> 'labels', 'known_failures', v.config -> 'known_failures')
   FROM routing_modelversion v JOIN routing_model m ON m.id = v.model_id
  WHERE v.id = coalesce((SELECT d.model_version_id FROM routing_routingdecision d WHERE d.item_id = {item} AND d.mode = 'live'
                          ORDER BY d.attempt DESC LIMIT 1),
                        (SELECT w.model_version_id FROM routing_workflow w WHERE w.id = {workflow})))"""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model version as its users see it; `labels` is empty where it does not say which it knows."""

    name: str
    version: str
    backend: str
    registered_at: str
    metrics: dict[str, Any]
    labels: tuple[str, ...]
    known_failures: tuple[str, ...]


def card_of(column: dict[str, Any] | None) -> ModelCard | None:
    """Return what a MODEL_CARD_SQL column holds."""
    if column is None:
        return None
    metrics = dict(column["metrics"])
    failures = metrics.pop("known_failures", None) or column["known_failures"]
    return ModelCard(
        **{name: column[name] for name in ("name", "version", "backend", "registered_at")},
        metrics=metrics,
        labels=_texts(column["labels"]),
        known_failures=_texts(failures),
    )


def _texts(listed: Any) -> tuple[str, ...]:
    return tuple(text for text in listed if isinstance(text, str)) if isinstance(listed, list) else ()
