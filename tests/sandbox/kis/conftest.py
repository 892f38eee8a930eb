import pytest

from tests.sandbox.kis.client import caller


@pytest.fixture
def vts():
    return caller("vts")


@pytest.fixture
def real():
    return caller("real")


@pytest.fixture(params=["vts", "real"])
def either(request):
    return caller(request.param)
