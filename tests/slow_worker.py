"""A worker whose model takes as long as AIOS_TEST_MODEL_S says: `python -m tests.slow_worker`."""

import os
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")


def main() -> None:
    """Work, slowly."""
    django.setup()
    from routing.domain.predictions import PredictionResult
    from routing.services import predict

    seconds = float(os.environ["AIOS_TEST_MODEL_S"])

    def answer(payloads: Sequence[Any]) -> list[PredictionResult]:
        time.sleep(seconds)
        sure = PredictionResult(label="billing", confidence=0.99, top=(("billing", 0.99),))
        return [sure] * len(payloads)

    predict._backend = lambda _workflow: SimpleNamespace(predict=answer)  # type: ignore[assignment]
    call_command("worker", "--concurrency=1")


if __name__ == "__main__":
    main()
