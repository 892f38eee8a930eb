import pytest

from tests.sandbox.kiwoom.client import caller


@pytest.fixture
def vts():
    return caller("vts")


@pytest.fixture
def real():
    return caller("real")
