"""What lies outside the runtime: the service at an address, and the store that runs are published to."""

from collections.abc import Mapping
from typing import Any

from foundry_exp import target
from foundry_exp.cli.doctor.findings import Finding
from foundry_exp.cli.doctor.probe_process import ask
from foundry_exp.errors import ConfigError
from foundry_exp.files.escape import first_few
from foundry_exp.files.plain import texts
from foundry_exp.protocols import Tracker
from foundry_exp.redact import without_secrets
from foundry_exp.tracking.location import locate

LIMIT_S = 45.0
_SHOWN = 8


def endpoint(backend: Mapping[str, object]) -> tuple[list[Finding], list[str]]:
    """What answers at `backend.base_url`, and the ids that it lists."""
    names = ("base_url", "api_key_env", "connect_timeout_s")
    answer = ask({"do": "endpoint", **{name: backend[name] for name in names}}, LIMIT_S)
    if answer.problem:
        fix = "start the service, correct the address, or unset FOUNDRY_LOCAL_ENDPOINT to measure here."
        return [Finding("error", "endpoint", answer.problem, fix)], []
    kind, where = answer.steps["service"]["kind"], answer.steps["service"]["where"]
    ids = texts(answer.steps["models"]["ids"])
    answers = Finding("ok", "endpoint", f"{where} answers as {kind}")
    if not ids:
        fix = "load a model there; a service without a list is asked for model.alias as it is."
        return [answers, Finding("warning", "endpoint", f"{where}/models lists no model", fix)], []
    return [answers, Finding("ok", "endpoint", f"{where}/models lists {first_few(ids, _SHOWN)}")], ids


def store(tracker: dict[str, Any]) -> list[Finding]:
    """Whether a run could be published."""
    place: Tracker = target.build(tracker, "tracker")
    try:
        away = place.check()
    except ConfigError as error:
        return [Finding("error", "MLflow store", str(error), "as the sentence says, or measure with tracker=none.")]
    if away:
        return [Finding("warning", "MLflow store", away, "start it; until then runs wait in their folders.")]
    if "output_dir" not in tracker:
        return [Finding("ok", "MLflow store", f"runs go to {tracker['_target_']}, not to MLflow")]
    where = locate(tracker["uri"], tracker["output_dir"]).uri
    return [Finding("ok", "MLflow store", f"runs can be published to {without_secrets(where)}")]
