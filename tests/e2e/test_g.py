import pytest, os, time
pytestmark=[pytest.mark.xdist_group("e2e")]
@pytest.mark.parametrize("i", range(6))
def test_a(i):
    time.sleep(.2)
