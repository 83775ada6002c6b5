"""Did a cell run on the device that was asked for: what the runtime's log proves, and when it proves nothing."""

from foundry_exp.records.config_sections import Accel, Backend
from foundry_exp.records.record import Record
from foundry_exp.records.run_result import ModelFacts
from foundry_exp.runtime.models import variants

_ENDING = "executionprovider"
"""Of ONNX Runtime's names; what another runtime says of itself is not judged."""
_OFFERED = ("cpu", "gpu", "npu")


def ran_elsewhere(accel: Accel, provider: str | None) -> str | None:
    """Why a cell did not run on the device that was asked for, by the providers that the log names; else null."""
    seen = [name for name in _each(provider) if name.casefold().endswith(_ENDING)]
    if _fit(seen, accel.name, accel.device):
        return None
    asked = f"accel={accel.name} asked for {accel.device}, but the runtime's log shows"
    if accel.device != "CPU" and on_the_cpu(provider):
        shown = variants.CPU if len(seen) == 1 else f"that some requests ran on the CPU ({provider})"
        return f"{asked} {shown}: its execution provider is missing; install its driver, or measure with accel=cpu."
    meant = next((name for name in _OFFERED if _fit(seen, name, name)), "auto")
    return (
        f"{asked} {provider}, which is none of its execution providers; pin a variant for it with model.variant, "
        f"or measure with accel={meant}."
    )


def on_the_cpu(provider: str | None) -> bool:
    """Whether the log has any request on the CPU."""
    return variants.among(variants.CPU, _each(provider))


def _each(provider: str | None) -> list[str]:
    return (provider or "").split(", ")


def _fit(seen: list[str], accel: str, device: str | None) -> bool:
    fitting = variants.fitting_providers(accel, device)
    return fitting is None or all(variants.among(name, fitting) for name in seen)


def unproven(accel: Accel, backend: Backend, model: ModelFacts, measured: list[Record]) -> list[str]:
    """A warning when a GPU or NPU was asked for, requests were answered here, and the log does not say by what."""
    asked, runs_here = accel.device, backend.keeps_models
    answered = any(record.error is None for record in measured)
    if asked not in ("GPU", "NPU") or not runs_here or not answered or model.accel_evidence == "log":
        return []
    return [
        f"{asked} was asked for, and the runtime's log names no execution provider, so nothing proves that the model "
        f"ran there; look into runtime.log, and compare its times with those of accel=cpu."
    ]
