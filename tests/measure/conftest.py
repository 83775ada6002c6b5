"""What tests of measuring borrow."""

from tests.runtime.meters.conftest import nvml

__all__ = ["nvml"]
