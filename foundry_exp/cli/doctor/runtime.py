"""Foundry Local itself: does its library load, which accelerators does it see, is its catalogue reachable."""

import re
from datetime import UTC, datetime
from pathlib import Path

from foundry_exp.cli.doctor.findings import Finding, Severity
from foundry_exp.cli.doctor.probe_process import ProbeResult
from foundry_exp.files.plain import entries, mapping
from foundry_exp.runtime.machine.environment import installed
from foundry_exp.runtime.models import catalogue
from foundry_exp.runtime.models.variants import CPU

LIMIT_S = 30.0
"""The runtime asks its catalogue four times; where packets are dropped it would wait two minutes."""

_DEVICE = re.compile(r"\[\d+\] ep=(\S+) device=(\S+)")
_FETCH = re.compile(r"CatalogFetch .*?Endpoint=(\S+).*? Status=(\w+)")
_REASON = re.compile(r"failed to fetch catalog from .* attempts: (.+)")


def findings(
    answer: ProbeResult, cache_dir: Path, *, runs_here: bool, needs_download: bool, offline: bool
) -> list[Finding]:
    """What the runtime's process said; what the main job needs decides how bad it is."""
    checks = [_library(answer, "error" if runs_here else "warning")]
    if "library" in answer.steps:
        checks.append(_providers(answer))
    if "providers" in answer.steps:
        checks.append(
            _unasked(answer, needs_download)
            if offline
            else _catalogue(answer, cache_dir, "error" if needs_download else "warning")
        )
    return checks


def _library(answer: ProbeResult, bad: Severity) -> Finding:
    if "library" in answer.steps:
        return Finding("ok", "runtime", f"foundry-local-sdk {installed('foundry-local-sdk')} opens")
    fix = "reinstall it: python -m pip install --force-reinstall foundry-local-sdk; end other programs that use it."
    return Finding(bad, "runtime", f"foundry-local-sdk does not open: {answer.problem}", fix)


def _providers(answer: ProbeResult) -> Finding:
    if "providers" not in answer.steps:
        return Finding("warning", "accelerators", f"not listed: {answer.problem}", "run doctor again.")
    offered = [mapping(one) for one in entries(answer.steps["providers"]["found"])]
    devices: list[tuple[str, str]] = _DEVICE.findall(answer.log)
    present = {f"{provider} ({device})" for provider, device in devices}
    registered = present | {str(provider["name"]) for provider in offered if provider["registered"]}
    missing = sorted(str(provider["name"]) for provider in offered if not provider["registered"])
    listed = f"registered: {', '.join(sorted(registered))}"
    if not registered and not missing:  # the runtime names its devices when it asks its catalogue, and not before
        return Finding("note", "accelerators", "not named, since no catalogue was asked", "look with offline=false.")
    if missing:
        fix = "they are downloaded when a run first asks for them, as with accel=gpu."
        return Finding("note", "accelerators", f"{listed}; not registered: {', '.join(missing)}", fix)
    if all(name.startswith(CPU) for name in registered):
        fix = "accel=gpu and accel=npu are skipped here; for a GPU or NPU install its driver."
        return Finding("note", "accelerators", f"{listed}; no provider for a GPU or NPU is offered here", fix)
    return Finding("ok", "accelerators", listed)


def _catalogue(answer: ProbeResult, cache_dir: Path, bad: Severity) -> Finding:
    """Reachable only when a fetch is seen to succeed: an old list of models looks the same."""
    listed = answer.steps.get("catalogue", {})
    aliases, cached = entries(listed.get("aliases")), entries(listed.get("cached"))
    count = f"{len(aliases)} models, {len(cached)} downloaded" if listed else "nothing listed"
    fetched: list[tuple[str, str]] = _FETCH.findall(answer.log)
    if listed and any(status == "Success" for _, status in fetched):
        return Finding("ok", "catalogue", f"reachable{_at(fetched[-1][0])}: {count}")
    if aliases and not fetched:
        return Finding("ok", "catalogue", f"not asked, the stored list {_age(cache_dir)} is young enough: {count}")
    reasons: list[str] = _REASON.findall(answer.log)
    reason = reasons[-1] if reasons else answer.problem or "it gave no reason"
    if aliases:
        fix = "downloaded models run; to download others, connect to the internet."
        return Finding(
            "warning", "catalogue", f"unreachable ({reason}); the stored list {_age(cache_dir)}: {count}", fix
        )
    fix = "connect once (HTTPS_PROXY is honoured); demonstration models and folders of your own run without it."
    return Finding(bad, "catalogue", f"unreachable ({reason}), and no list of models is stored in {cache_dir}", fix)


def _at(endpoint: str) -> str:
    """The log names Foundry's own address, and any other `custom`."""
    return "" if endpoint == "custom" else f" at {endpoint}"


def _unasked(answer: ProbeResult, needs_download: bool) -> Finding:
    cached = entries(answer.steps.get("catalogue", {}).get("cached"))
    detail = f"not asked, since offline=true: {len(cached)} models downloaded"
    own = entries(answer.steps.get("own", {}).get("found"))
    if needs_download:
        detail = f"{detail} and {len(own)} of your own registered, the one to be measured is not among them"
        return Finding("error", "catalogue", detail, "offline=false")
    return Finding("note", "catalogue", detail)


def _age(cache_dir: Path) -> str:
    try:
        changed = datetime.fromtimestamp((cache_dir / catalogue.SNAPSHOT).stat().st_mtime, UTC)
    except OSError:
        return "of unknown age"
    return f"of {changed:%Y-%m-%d %H:%M} UTC"
