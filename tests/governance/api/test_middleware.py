"""The correlation id goes out as it came in, if it is one."""

from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from governance.models import AuditEvent
from tests.conftest import House
from tests.review.api.conftest import ITEMS, Api


def test_a_callers_request_id_is_taken_over_into_the_trail(house: House, api: Api) -> None:
    request_id = str(uuid4())

    answer = api(house.integrator).post(
        ITEMS,
        {"external_id": "a", "payload": {"text": "x"}},
        format="json",
        HTTP_X_REQUEST_ID=request_id,
    )

    assert answer["X-Request-ID"] == request_id
    house.enter()
    assert AuditEvent.objects.get(stream_id=answer.json()["id"]).correlation_id == UUID(request_id)


@pytest.mark.parametrize("given", [None, "not-an-id", "1" * 400, "x\ny"])
def test_any_other_request_id_is_replaced(house: House, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-ID": given}
    answer = APIClient().get("/api/v1/queues/", headers=headers)

    assert UUID(answer["X-Request-ID"])
