"""What tests of measuring borrow."""

from tests.runtime.meters.conftest import nvml as nvml
