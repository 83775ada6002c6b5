"""What is used of Ray's private parts is there: an upgrade breaks these tests first, and tests of the engine then.

Whatever fails here is mended in foundry_exp/run/engines/mailbox.py.
"""

import inspect
from importlib import import_module
from importlib.util import find_spec

import pytest

from tests.conftest import absent


@pytest.fixture(autouse=True)
def _need_ray() -> None:
    if find_spec("ray") is None:
        absent("the extra ray is not installed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("_internal_kv_put", ["key", "value", "overwrite", "namespace"]),
        ("_internal_kv_get", ["key", "namespace"]),
        ("_internal_kv_del", ["key", "del_by_prefix", "namespace"]),
        ("_internal_kv_list", ["prefix", "namespace"]),
    ],
)
def test_the_key_value_store_still_takes_what_it_is_given(name: str, arguments: list[str]) -> None:
    store = import_module("ray.experimental.internal_kv")
    assert list(inspect.signature(getattr(store, name)).parameters) == arguments


@pytest.mark.real
def test_a_task_can_still_be_asked_how_often_it_was_tried() -> None:
    assert callable(import_module("ray._raylet").CoreWorker.get_current_task_attempt_number)
    worker = import_module("ray").get_runtime_context().worker
    assert "self.core_worker" in inspect.getsource(type(worker))  # an attribute of its instances, once connected
