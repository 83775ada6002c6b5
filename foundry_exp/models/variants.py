"""From an alias and an accelerator to one exact variant: `name:version`."""

from collections.abc import Sequence

from foundry_exp.errors import SkipCellError

_DEVICES = {"-cpu": "CPU", "-gpu": "GPU", "-npu": "NPU"}


def device_of(variant: str) -> str | None:
    """The device that a variant's name promises: `…-cuda-gpu:3` is GPU; null when it says none."""
    name = variant.rpartition(":")[0]
    return next((device for suffix, device in _DEVICES.items() if name.endswith(suffix)), None)


def choose(variants: Sequence[str], alias: str, accel: str, device: str | None, prefer: Sequence[str]) -> str:
    """The variant that `accel` means: the first kind in `prefer` that exists, its newest version.

    Raises SkipCellError listing what there is.
    """
    fitting = [variant for variant in variants if device is None or device_of(variant) in (device, None)]
    for ending in prefer:
        of_kind = [variant for variant in fitting if variant.rpartition(":")[0].endswith(ending)]
        if of_kind:
            return max(of_kind, key=version_of)
    if fitting and (device is None or not prefer):
        return fitting[0]
    have = ", ".join(sorted(variants)) or "none"
    msg = (
        f"accel={accel}: {alias} has no such variant here (visible: {have}); "
        f"choose another accel, or pin model.variant."
    )
    raise SkipCellError(msg)


def version_of(variant: str) -> int:
    """The number after the colon."""
    version = variant.rpartition(":")[2]
    return int(version) if version.isdigit() else 0
