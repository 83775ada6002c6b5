"""What ran on what: machine, system, runtime, code, power, prompts and settings, as far as they are known."""

from collections.abc import Mapping, Sequence

from foundry_exp.files.escape import one_line
from foundry_exp.files.plain import mapping
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import Scored
from foundry_exp.results.comparable import setting_text

UNKNOWN = "unknown"
_COMMIT_DIGITS = 12


def surroundings(result: RunResult) -> dict[str, str]:
    """What a cell ran on, in the order to be read."""
    environment = result.environment
    facts = {
        "Machine": _machine(environment),
        "System": _joined(environment.get("os"), _named("Python", environment.get("python"))),
        "Runtime": _runtime(environment),
        "Power": _joined(environment.get("power_source"), _named("CPU governor", environment.get("cpu_governor"))),
        "Code": _code(environment),
        "Prompts": _prompts(result.prompts),
        "Scores": _scores(result.scores),
        "Settings": ", ".join(f"{key} {setting_text(value)}" for key, value in result.generation.items()),
    }
    return {name: one_line(text) or UNKNOWN for name, text in facts.items()}


def facts(results: Sequence[RunResult]) -> list[tuple[str, list[str]]]:
    """What is known of machine and settings; several values where cells differ."""
    every = [surroundings(result) for result in results]
    named = [(name, _values(every, name)) for name in every[0]]
    return [(name, values) for name, values in named if values != [UNKNOWN]]


def _values(every: Sequence[dict[str, str]], name: str) -> list[str]:
    """The different values of one fact, without a runtime that merely says less than another one.

    A cell that failed to load a model knows its packages and no more.
    """
    values = list(dict.fromkeys(each[name] for each in every))
    if name != "Runtime":
        return values
    parts = {value: set(value.split(", ")) for value in values}
    return [value for value in values if not any(parts[value] < more for more in parts.values())]


def _scores(scores: dict[str, Scored]) -> str:
    return _joined(*(f"{name} by {', '.join(each.scored_by)} ({each.rubric})" for name, each in scores.items()))


def _machine(environment: Mapping[str, object]) -> str:
    cores, threads, memory_mb = (
        environment.get("cpu_cores"),
        environment.get("cpu_threads"),
        environment.get("memory_mb"),
    )
    return _joined(
        environment.get("cpu"),
        environment.get("machine"),
        f"{cores} cores" if cores else None,
        f"{threads} threads" if threads else None,
        f"{memory_mb / 1000:.1f} GB memory" if isinstance(memory_mb, int | float) else None,
    )


def _runtime(environment: Mapping[str, object]) -> str:
    versions: dict[str, object] = {}
    for source in ("packages", "runtime"):
        packages = mapping(environment.get(source)).items()
        versions |= {name.replace("_", "-"): version for name, version in packages if version}
    return _joined(*(_named(name, version) for name, version in versions.items()))


def _code(environment: Mapping[str, object]) -> str:
    commit = environment.get("git_commit")
    if not commit:
        return ""
    dirty = environment.get("git_dirty")
    state = None if dirty is None else "with uncommitted changes" if dirty else "clean"
    return _joined(f"commit {str(commit)[:_COMMIT_DIGITS]}", state)


def _prompts(prompts: Mapping[str, object]) -> str:
    size = prompts.get("size")
    return _joined(prompts.get("name"), f"{size} prompts" if size else None, _named("digest", prompts.get("digest")))


def _named(name: str, value: object) -> str | None:
    return None if value is None or value == "" else f"{name} {value}"


def _joined(*parts: object) -> str:
    return ", ".join(str(part) for part in parts if part is not None and part != "")
