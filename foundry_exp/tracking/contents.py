"""What an MLflow run says about a cell besides its metrics: name, parameters, tags and a note."""

from collections.abc import Iterator, Mapping

from foundry_exp.metrics import catalogue
from foundry_exp.records.config_json import plain
from foundry_exp.records.run_result import RunResult
from foundry_exp.results.cell import FinishedCell
from foundry_exp.tracking.metric_names import number

MAX_VALUE = 500
"""Older MLflow servers refuse longer parameters; newer ones cut them with a warning only."""
MAX_NOTE = 4000

RUN_TAG = "foundry.run_id"
PUBLISHED_TAG = "foundry.published_ns"
DIGEST_TAG = "foundry.folder_digest"
"""What was sent: the same folder is not sent again."""

BASELINE_TAG = "foundry.baseline"
"""The name under which a run is a gate's baseline; people give it, so it is kept when a cell is sent again."""

TRACES_TAG = "foundry.traces_of"
"""What the cell's traces were written from, as in DIGEST_TAG; kept too, and where the two differ they are owed."""

GENERATION = ("temperature", "top_p", "top_k", "seed", "max_tokens")
WORKLOAD = ("rounds", "warmup", "concurrency", "order", "seed")


def run_key(result: RunResult) -> str:
    """What a cell's MLflow run is found again by."""
    return f"{result.run_id}/{result.cell}".replace("'", "")


def run_name(result: RunResult) -> str:
    """The name that MLflow's charts use as their legend."""
    # MLflow cuts a name's end, so what differs within a sweep comes first
    how = [result.model.alias, result.model.device or result.accel]
    how += [] if result.streaming else ["unstreamed"]
    how += [f"r{result.repeat}"] if result.cell.endswith(f"-r{result.repeat}") else []
    return "·".join((*how, str(result.prompts.get("name", "prompts"))))


def run_params(cell: FinishedCell) -> dict[str, str]:
    """About twenty-five settings as text; the whole config is an artifact.

    MLflow's comparison draws the first three in the alphabet that differ: a digest must not be one of them.
    """
    result = cell.result
    facts: dict[str, object] = {
        "model.alias": result.model.alias,
        "model.variant": result.model.variant,
        "model.device": result.model.device,
        "model.execution_provider": result.model.execution_provider,
        "model.licence": result.model.licence,
        "model.context_length": result.model.context_length,
        "weights.digest": result.model.files_digest,
        "accel": result.accel,
        "backend": result.backend,
        "streaming": "on" if result.streaming else "off",
    }
    facts |= _picked("prompts", result.prompts, ("name", "digest", "size", "n"))
    facts |= _picked("generation", result.generation, GENERATION)
    facts |= _picked("workload", plain(cell.config.workload), WORKLOAD)
    return {key: cut(str(value)) for key, value in facts.items() if value is not None}


def _picked(section: str, values: object, names: tuple[str, ...]) -> dict[str, object]:
    chosen = values if isinstance(values, Mapping) else {}
    return {f"{section}.{name}": chosen[name] for name in names if name in chosen}


def run_tags(result: RunResult, published_ns: int) -> dict[str, str]:
    """Tags to group and find runs by."""
    environment = result.environment
    tags: dict[str, object] = {
        RUN_TAG: run_key(result),
        PUBLISHED_TAG: published_ns,
        "foundry.sweep_id": result.sweep_id,
        "foundry.fingerprint": result.fingerprint,
        "foundry.status": result.status,
        "foundry.reason": result.reason,
        "git_commit": environment.get("git_commit"),
        "git_dirty": environment.get("git_dirty"),
        "mlflow.source.git.commit": environment.get("git_commit"),
        "mlflow.source.name": "foundry_exp",
        "mlflow.source.type": "LOCAL",
    }
    text = {key: cut(str(value)) for key, value in tags.items() if value is not None}
    return {**text, "mlflow.note.content": run_note(result)}


def run_note(result: RunResult) -> str:
    """A few lines of Markdown: how it ended, the headline numbers, the warnings."""
    return cut("\n".join(_note_lines(result)), MAX_NOTE)


def _note_lines(result: RunResult) -> Iterator[str]:
    yield f"**{result.status}**" + (f": {result.reason}" if result.reason else "")
    yield ""
    numbers = [
        f"{one.words} {value:.4g} {figure.unit.name}"
        for _, figure, one in catalogue.shown_in("note")
        if (value := number(result.shown_metrics.get(figure.name), one.of)) is not None
    ]
    if numbers:
        yield " · ".join(numbers)  # MLflow folds all but the first lines away
        yield ""
    yield from (f"- {warning}" for warning in result.warnings)


def cut(text: str, length: int = MAX_VALUE) -> str:
    """Text that fits, with its end marked when it was shortened."""
    return text if len(text) <= length else text[: length - 1] + "…"
