"""What must be the same for figures to be compared: prompts, rubric, settings, load, runtime, power and machine."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from foundry_exp.errors import ConfigError
from foundry_exp.files.escape import first_few, one_line
from foundry_exp.files.plain import mapping
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import JUDGE, Scored
from foundry_exp.results.candidates import Candidate
from foundry_exp.results.cell import FinishedCell, labels
from foundry_exp.results.figures import ENERGY
from foundry_exp.runtime.http import answer_end
from foundry_exp.runtime.machine.environment import RUNTIME_PACKAGES

Fact = Callable[[FinishedCell], str | None]
"""What must be the same, as text; null where a run does not say."""

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that is not the same for all."""

    what: str
    values: dict[str, str]
    """Value → the candidates that have it, as text."""

    def sentence(self) -> str:
        """`power: mains (demo-small), battery (demo-large)`."""
        return f"{self.what}: {self.listed()}"

    def listed(self) -> str:
        """`mains (demo-small), battery (demo-large)`."""
        return ", ".join(f"{value} ({who})" for value, who in self.values.items())


def mismatches(candidates: Sequence[Candidate]) -> list[Mismatch]:
    """What differs between candidates, or between the runs of one; what a run does not say differs from nothing."""
    every = (_mismatch(candidates, what, fact) for what, fact in FACTS.items())
    return [mismatch for mismatch in every if mismatch]


def differing(cells: Sequence[FinishedCell]) -> list[str]:
    """What differs between cells, so that their times must not be ranked; points have a rubric, and are asked apart."""
    every = {what: {fact(cell) for cell in cells} - {None} for what, fact in FACTS.items() if what != "rubric"}
    return [what for what, values in every.items() if len(values) > 1]


def rubric_differences(cells: Sequence[FinishedCell]) -> list[str]:
    """A sentence about each scorer that did not score all cells by the same rubric, or with the same judge."""
    ways: dict[str, dict[str, list[str]]] = {}
    for label, cell in zip(labels(cells), cells, strict=True):
        for name, scored in cell.result.scores.items():
            ways.setdefault(name, {}).setdefault(scored_how(name, scored), []).append(label)
    return [
        f"Quality by {name} is not compared, because the cells were scored differently: "
        f"{'; '.join(', '.join(whom) + f' by {by}' for by, whom in of_scorer.items())}. "
        f"Score them alike with: python -m foundry_exp score RUN…"
        for name, of_scorer in ways.items()
        if len(of_scorer) > 1
    ]


def scored_how(scorer: str, scored: Scored) -> str:
    """The rubric, and of a judge which one it was: points of two rubrics or two judges are not compared."""
    return scored.rubric + (f" with {', '.join(scored.scored_by)}" if scorer == JUDGE else "")


def graded_by(result: RunResult) -> str | None:
    """Whose points the quality is, and how they were given; null where there is none."""
    source = result.quality_source
    scored = result.scores.get(source) if source else None
    return f"{source} {scored_how(source, scored)}" if source and scored else None


def energy_mismatch(candidates: Sequence[Candidate]) -> Mismatch | None:
    """Energies from different sources: a meter of one chip, one of another, and watts times seconds do not compare."""
    return _mismatch(candidates, "energy", energy_source)


def energy_source(cell: FinishedCell) -> str | None:
    """Where a run's energy is from; null where it has none by tokens that were counted."""
    metrics = cell.result.metrics
    return None if metrics.get(ENERGY) is None or metrics.get("estimated_rate") else cell.result.energy_source


def _mismatch(candidates: Sequence[Candidate], what: str, fact: Fact) -> Mismatch | None:
    values: dict[str, list[str]] = {}
    for candidate in candidates:
        for cell in candidate.cells:
            value = fact(cell.cell)
            if value is not None and candidate.label not in values.setdefault(one_line(value), []):
                values[one_line(value)].append(candidate.label)
    if len(values) < 2:  # noqa: PLR2004 - one value is no difference
        return None
    return Mismatch(what, {value: first_few(labels, _SHOWN) for value, labels in values.items()})


def refuse(differences: Sequence[Mismatch]) -> None:
    """Raise ConfigError that shows every difference."""
    if differences:
        shown = "\n  ".join(mismatch.sentence() for mismatch in differences)
        msg = f"these runs cannot be compared, because they differ:\n  {shown}\nmeasure them alike, or add --force."
        raise ConfigError(msg)


def _prompts(cell: FinishedCell) -> str | None:
    prompts = cell.result.prompts
    return f"{prompts.get('name')} {prompts['digest']}" if prompts.get("digest") else None


def _generation(cell: FinishedCell) -> str | None:
    return ", ".join(f"{key} {setting_text(value)}" for key, value in sorted(cell.result.generation.items())) or None


def _runtime(cell: FinishedCell) -> str | None:
    """The packages that models run in; how long the network took, or what a service had loaded, is none of it."""
    versions: dict[str, object] = {}
    for source in ("packages", "runtime"):
        versions |= mapping(cell.result.environment.get(source))
    return ", ".join(f"{name} {versions[name]}" for name in RUNTIME_PACKAGES if versions.get(name)) or None


def _answers(cell: FinishedCell) -> str:
    """Which answers count: a server that cuts its answers is faster. Earlier releases asked nobody for an end."""
    accepted = mapping(cell.result.environment.get("runtime")).get("end_reasons")
    if accepted:
        return f"whole, or with the end {accepted}"
    ends = (
        {one.finish_reason or answer_end.MISSING for one in cell.answers} if cell.result.backend == "endpoint" else ()
    )
    others = ", ".join(sorted(end for end in ends if answer_end.meaning(end) is None))
    return f"some with the end {others}" if others else "whole"


def _workload(cell: FinishedCell) -> str | None:
    """How many at once: answers that wait for each other are slower."""
    return workload(cell, ("concurrency", "rate_per_s"))


def workload(cell: FinishedCell, names: Sequence[str]) -> str | None:
    """Settings of the workload, as far as the cell's config says them."""
    if (asked := cell.config.workload) is None:
        return None
    settings: dict[str, object] = asdict(asked)
    return ", ".join(f"{name} {settings[name]}" for name in names if settings[name] is not None) or None


def _power(cell: FinishedCell) -> str | None:
    environment = cell.result.environment
    parts = (environment.get("power_source"), environment.get("cpu_governor"))
    return ", ".join(str(part) for part in parts if part) or None


def _machine(cell: FinishedCell) -> str | None:
    environment = cell.result.environment
    memory_mb = environment.get("memory_mb")
    memory = f"{memory_mb / 1000:.0f} GB" if isinstance(memory_mb, int | float) else None
    cores = environment.get("cpu_threads")
    parts = (environment.get("cpu"), f"{cores} threads" if cores else None, memory)
    return ", ".join(str(part) for part in parts if part) or None


def setting_text(value: object) -> str:
    """A setting's value as pages say it: 0.7, and 1 for 1.0."""
    return f"{value:g}" if isinstance(value, float) else str(value)


FACTS: dict[str, Fact] = {
    "prompts": _prompts,
    "rubric": lambda cell: graded_by(cell.result),
    "generation": _generation,
    "workload": _workload,
    "runtime": _runtime,
    "answers": _answers,
    "power": _power,
    "machine": _machine,
}
