"""`doctor`: can the main job run here, and if not, what is to be done."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp import terminal
from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import ConfigError
from foundry_exp.files.plain import entries, mapping

if TYPE_CHECKING:
    from foundry_exp.cli.doctor.findings import Finding
    from foundry_exp.cli.doctor.models import Here
    from foundry_exp.measure.cell import Cell

HELP = """\
usage: python -m foundry_exp doctor [--json] [--probe [NAME…]] [key=value…]

Look at everything that the main job needs: versions, the runtime's library, accelerators, the
catalogue, disk, memory, GPU, the MLflow store, and the service at FOUNDRY_LOCAL_ENDPOINT if that
is set. Nothing is downloaded.

  --probe [NAME…]   have models answer one token each: those named (options of `model`), or all
                    that are here
  --json            print the findings as JSON
  key=value         as for a run, where it is not the default that you want to know about
  -h, --help        this text

Exit codes: 0 the main job can run · 1 it cannot, or a model named does not answer · 2 a bad
key=value

examples:
  python -m foundry_exp doctor
  python -m foundry_exp doctor --probe demo-small phi-4-mini
  python -m foundry_exp doctor model=phi-4-mini accel=gpu
"""
_STYLES = {"ok": "green", "note": "cyan", "warning": "yellow", "error": "bold red"}


def main(arguments: list[str]) -> int:
    """Look, print what was found, and exit 1 when the main job could not run."""
    parser = verb_arguments.parser("doctor", HELP)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    options = parser.parse_args(arguments, Options())
    names = [name for name in options.probe or [] if "=" not in name]
    overrides = [*options.overrides, *(setting for setting in options.probe or [] if "=" in setting)]
    wrong = [override for override in options.overrides if "=" not in override]
    if wrong:
        msg = f"doctor: {wrong[0]} is no key=value; name models behind --probe, as in doctor --probe {wrong[0]}"
        raise ConfigError(msg)

    from foundry_exp.cli.doctor.findings import exit_code

    findings = _look(overrides, names if options.probe is not None else None)
    code = exit_code(findings)
    if options.json:
        report = {"exit_code": code, "findings": [asdict(finding) for finding in findings]}
        terminal.print_json(report)
    else:
        _show(findings)
    return code


def _look(overrides: list[str], probed: list[str] | None) -> "list[Finding]":
    """Every finding, in the order that a run would need the things."""
    from foundry_exp.cli.doctor import machine, probe_process, runtime, services
    from foundry_exp.cli.doctor.models import Here, cached_variant, needs_catalogue
    from foundry_exp.config import compose
    from foundry_exp.records.config_json import plain
    from foundry_exp.runtime.models.provision import Place

    added, notes = compose.from_environment(overrides)
    for note in notes:
        print(note, file=sys.stderr)
    overrides = [*overrides, *added]
    cell = _cell(overrides)
    backend, output_dir = cell.config.backend, Path(cell.config.output_dir).absolute()
    runs_here = backend.keeps_models
    folders = backend if runs_here else _cell(["backend=native"]).config.backend
    offline = cell.config.offline
    place = Place.named_by(folders, offline=offline)
    cache_dir, catalogue = place.cache_dir, {"catalogue_url": place.catalogue_url, "cache_only": offline}
    job = {"do": "runtime", "data_dir": str(place.data_dir), "cache_dir": str(cache_dir), "catalogue": catalogue}
    answer = probe_process.ask(job, runtime.LIMIT_S)
    cached = [
        mapping(one)
        for listed in (answer.steps.get("own", {}).get("found"), answer.steps.get("catalogue", {}).get("cached"))
        for one in entries(listed)
    ]
    needs_download = needs_catalogue(cell) and cached_variant(cell, cached) is None
    findings = [
        *machine.versions(),
        *runtime.findings(answer, cache_dir, runs_here=runs_here, needs_download=needs_download, offline=offline),
        *machine.disk(cache_dir, output_dir),
        *machine.memory(),
        *machine.gpu(),
        *services.store(plain(cell.config.tracker)),
    ]
    served: list[str] = []
    if "base_url" in backend.arguments:
        about, served = services.endpoint(backend.arguments)
        findings += about
    if probed is not None:
        findings += _probe(probed, overrides, Here(cached, served))
    return findings


def _cell(overrides: list[str]) -> "Cell":
    from foundry_exp.config import compose
    from foundry_exp.config.plan import plan

    every_job, _ = compose.jobs(overrides, multirun=False)
    return plan(every_job[0].plain, "doctor", "doctor")


def _probe(names: list[str], overrides: list[str], here: "Here") -> "Iterable[Finding]":
    """A finding for each model named; when none is, for the main job's and every other option of `model`."""
    from foundry_exp.cli.doctor.findings import Finding
    from foundry_exp.cli.doctor.models import probe

    main_job, option = _cell(overrides).alias, _option_of(overrides)
    for name in names or _options():
        try:
            cell = _cell([*_for_option(overrides, own=name == option), f"model={name}"])
        except ConfigError as error:
            yield Finding("error" if names else "note", f"model {name}", str(error))
            continue
        yield probe(name, cell, here, named=bool(names), main_job=cell.alias == main_job)


def _option_of(overrides: list[str]) -> str:
    """The option of `model` that the main job is composed with."""
    from foundry_exp.config import compose

    every_job, _ = compose.jobs(overrides, multirun=False)
    return str(every_job[0].config["hydra"]["runtime"]["choices"]["model"])


def _for_option(overrides: list[str], *, own: bool) -> list[str]:
    """What was asked, without the choice of a model and, unless they are its own, without settings of a model."""
    dropped = ("model=",) if own else ("model=", "model.")
    return [text for text in overrides if not text.lstrip("+~").startswith(dropped)]


def _options() -> list[str]:
    from foundry_exp.config import conf_folders

    return sorted(conf_folders.options("model"))


def _show(findings: "list[Finding]") -> None:
    """A table for a terminal, plain lines for anything else."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        for finding in findings:
            print(f"{finding.severity:<8} {finding.what}: {finding.detail}")
            if finding.fix:
                print(f"{'':<8} fix: {finding.fix}")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("", "what", "found"):
        table.add_column(head, overflow="fold", no_wrap=not head)
    for finding in findings:
        text = Text(finding.detail)
        if finding.fix and finding.severity != "ok":
            text.append(f"\n→ {finding.fix}", style=_STYLES[finding.severity])
        table.add_row(Text(finding.severity, style=_STYLES[finding.severity]), finding.what, text)
    console.print(table)
