"""From an alias and an accelerator to one exact variant: `name:version`. Decisions only; nothing is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foundry_exp.errors import SkipCellError, near

_DEVICES = {"-cpu": "CPU", "-gpu": "GPU", "-npu": "NPU"}
CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
WEBGPU = "WebGpuExecutionProvider"
_OPENVINO = "OpenVINOExecutionProvider"
_WANTED: dict[str, tuple[str, ...] | None] = {
    "cpu": (),
    "gpu": (CUDA, "NvTensorRTRTXExecutionProvider", _OPENVINO, WEBGPU),
    "npu": ("QNNExecutionProvider", "VitisAIExecutionProvider", _OPENVINO),
    "webgpu": (WEBGPU,),  # and not CUDA: where both are registered, generic-gpu runs on CUDA
    "auto": None,
}
_GENERIC_CPU = "-generic-cpu"
_OF_VENDOR = {
    "-cuda-gpu": CUDA,
    "-trtrtx-gpu": "NvTensorRTRTXExecutionProvider",
    "-openvino-cpu": _OPENVINO,
    "-openvino-gpu": _OPENVINO,
    "-openvino-npu": _OPENVINO,
    "-qnn-npu": "QNNExecutionProvider",
    "-vitis-npu": "VitisAIExecutionProvider",
}
_ENDINGS = (*_OF_VENDOR, _GENERIC_CPU, "-generic-gpu", "-generic-npu")
AUTO_ORDER = ("-npu", "-openvino-gpu", "-trtrtx-gpu", "-cuda-gpu", "-gpu", "-openvino-cpu", "-cpu", "")
"""The runtime's own, by what a name ends with, best first; it knows no vendor's endings of your own models (2.2.1)."""
_ALSO_FITTING = {
    "cpu": (CPU, _OPENVINO),
    "gpu": ("DmlExecutionProvider", "MIGraphXExecutionProvider"),
    "npu": ("RyzenAIExecutionProvider",),
}
"""Not asked for, but right where one is seen: OpenVINO serves CPU, GPU and NPU."""
OWN_MODEL = "see “Models: catalogue, cache, your own” in README.md for bringing your own with model.path=…"


@dataclass(frozen=True, slots=True)
class Providers:
    """The execution providers registered in a process, and those that were wanted and are not there."""

    registered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def providers_for(accel: str, device: str | None) -> tuple[str, ...] | None:
    """The execution providers that an accelerator can use: none for the CPU, null for whatever there is."""
    return _WANTED[accel] if accel in _WANTED else _WANTED[(device or "auto").lower()]


def needed_providers(accel: str, device: str | None, variant: str | None) -> tuple[str, ...] | None:
    """The same where the exact variant may be known: a generic CPU variant needs none, a vendor's its own."""
    name = (variant or "").rpartition(":")[0]
    if name.endswith(_GENERIC_CPU):
        return ()
    wanted = providers_for(accel, device)
    if wanted is not None:
        return wanted
    if vendor := _vendor_of(variant or ""):
        return (vendor,)
    promised = device_of(variant or "")
    return _WANTED[promised.lower()] if promised in ("GPU", "NPU") else None


def _vendor_of(variant: str) -> str | None:
    """The one execution provider that a vendor's variant runs on."""
    return _by_ending(_OF_VENDOR, variant)


def fitting_providers(accel: str, device: str | None) -> tuple[str, ...] | None:
    """The execution providers that prove an accelerator; null when any does."""
    wanted = providers_for(accel, device)
    kind = accel if accel in _WANTED else (device or "auto").lower()
    return None if wanted is None else (*wanted, *_ALSO_FITTING.get(kind, ()))


def among(name: str, names: Sequence[str]) -> bool:
    """Whether a provider is one of these; the catalogue and the runtime write their names in different case."""
    return name.casefold() in {other.casefold() for other in names}


def device_of(variant: str) -> str | None:
    """The device that a variant's name promises: `…-cuda-gpu:3` is GPU; null when it says none."""
    return _by_ending(_DEVICES, variant)


def _by_ending(meant: Mapping[str, str], variant: str) -> str | None:
    """What the end of a variant's name means."""
    name = variant.rpartition(":")[0]
    return next((value for ending, value in meant.items() if name.endswith(ending)), None)


def devices_of(provider: str) -> list[str]:
    """The kinds of device, as `accel` names them, that a vendor's provider runs on: gpu for cuda, or its whole name."""
    name = provider.casefold()
    endings = (ending for ending, own in _OF_VENDOR.items() if name in (ending.split("-")[1], own.casefold()))
    return sorted({ending.rpartition("-")[2] for ending in endings}, key=["gpu", "npu", "cpu"].index)


def own_alias(variant: str) -> str:
    """The model that a variant of your own belongs to: `mine` for `mine-cuda-gpu:1`."""
    name = variant.rpartition(":")[0]
    return name.removesuffix(next((ending for ending in _ENDINGS if name.endswith(ending)), ""))


def runnable(own: Sequence[str], registered: Sequence[str]) -> list[str]:
    """Those of your own variants that need no provider but these; all, when none is left, to say what is lacking.

    Of the catalogue's, the runtime shows no others.
    """
    return [one for one in own if not (vendor := _vendor_of(one)) or among(vendor, registered)] or list(own)


def choose(
    variants: Sequence[str],
    alias: str,
    accel: str,
    device: str | None,
    prefer: Sequence[str],
    providers: Providers | None = None,
) -> str:
    """The variant that `accel` means: the first kind in `prefer` that exists, its newest version.

    Raises SkipCellError listing what there is.
    """
    there = providers or Providers()
    _refuse_taken_over(alias, accel, there)
    fitting = [variant for variant in variants if device is None or device_of(variant) in (device, None)]
    for ending in prefer:
        of_kind = [variant for variant in fitting if variant.rpartition(":")[0].endswith(ending)]
        if of_kind:
            return max(of_kind, key=version_of)
    if fitting and (device is None or not prefer):
        return fitting[0]
    have = ", ".join(sorted(variants)) or "none"
    missing = f"; missing execution providers: {', '.join(there.missing)}" if there.missing else ""
    msg = (
        f"accel={accel}: {alias} has no such variant here (visible: {have}{missing}); "
        f"choose another accel, or pin model.variant."
    )
    raise SkipCellError(msg)


def refuse_pinned(variant: str, accel: str, device: str | None, providers: Providers) -> None:
    """Raise SkipCellError when a variant that was named exactly is for another device than the one asked for."""
    _refuse_taken_over(variant, accel, providers)
    own = device_of(variant)
    if device is None or own is None or own == device:
        return
    msg = (
        f"accel={accel}: model.variant={variant} is for {own}; choose accel={own.lower()} or auto, "
        f"or pin a variant for {device}."
    )
    raise SkipCellError(msg)


def _refuse_taken_over(name: str, accel: str, providers: Providers) -> None:
    if accel == "webgpu" and CUDA in providers.registered:
        msg = f"accel=webgpu: {CUDA} is registered here, and {name} would run on it; measure with accel=gpu."
        raise SkipCellError(msg)


def version_of(variant: str) -> int:
    """The number after the colon."""
    version = variant.rpartition(":")[2]
    return int(version) if version.isdigit() else 0


def unknown(wanted: str, names: Sequence[str]) -> str:
    """The sentence about a model that the catalogue lacks; `names` are aliases, or ids when `wanted` is one."""
    from difflib import get_close_matches  # for a mistake alone, as in errors.near

    close = get_close_matches(wanted, names, n=1, cutoff=0.75)
    if not close and not any(_family(wanted) == _family(name) for name in names):
        return f"{wanted}: not in the Foundry catalogue, nor any of its family; {OWN_MODEL}"
    same = [name for name in names if name.startswith(wanted)]
    clause = f"did you mean {' or '.join(sorted(same)[:3])}?" if same else near(wanted, names)
    return f"{wanted}: not in the Foundry catalogue; {clause}"


def no_catalogue(wanted: str, why: str) -> str:
    """The sentence when there is nothing to look in, so that nothing is known of the name."""
    return (
        f"{wanted}: the Foundry catalogue {why} and none is stored here, so it is not known whether there is such a "
        f"model; with a connection, run python -m foundry_exp models pull {wanted}, or use model.path=…"
    )


def _family(name: str) -> str:
    """`mistral` of `mistral-7b-v0.2`, `qwen` of `qwen2.5-0.5b`."""
    letters = 0
    while letters < len(name) and name[letters].isalpha():
        letters += 1
    return name[:letters].casefold()
