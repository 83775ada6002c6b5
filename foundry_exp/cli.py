"""The door: verbs, help, and the command that composes, checks, runs and tells how it went."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from foundry_exp import __version__, terminal
from foundry_exp.command import usage
from foundry_exp.errors import ConfigError, FoundryExpError, near, offer

if TYPE_CHECKING:
    from rich.console import Console

    from foundry_exp.cell.plan import Cell
    from foundry_exp.command.compose import Job
    from foundry_exp.report.findings import Findings

USAGE_ERROR = 2
INTERRUPTED = 130
_NO_COLOUR = {"--no-color", "--no-colour"}
_OF_HYDRA = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")


def main(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; a failure that a user can cause is one sentence."""
    terminal.survive_any_character()
    if _NO_COLOUR & set(arguments):
        terminal.without_colours()
    try:
        return _dispatch([word for word in arguments if word not in _NO_COLOUR])
    except ConfigError as error:
        print(f"foundry_exp: {error}", file=sys.stderr)
        return USAGE_ERROR
    except FoundryExpError as error:
        print(f"foundry_exp: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("foundry_exp: interrupted; what was measured is kept.", file=sys.stderr)
        return INTERRUPTED


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first and "=" not in first and not first.startswith(("-", "+", "~")):
        return _verb(first, arguments[1:])
    options = _parser().parse_intermixed_args(arguments)
    if options.help:
        print(usage.text())
        return 0
    if options.version:
        print(f"foundry_exp {__version__}")
        return 0
    return _experiment(options)


def _verb(name: str, arguments: list[str]) -> int:
    if name not in usage.VERBS:
        msg = f"{name}: no such verb; {near(name, usage.VERBS)} (an override has a =, as in model=demo-small)"
        raise ConfigError(msg)
    module = importlib.import_module(f"foundry_exp.verbs.{name}")
    known = usage.long_options(module.HELP)
    for word in arguments:
        option = word.partition("=")[0]
        if option.startswith("--") and option not in known:
            msg = f"{name} {option}: no such option; {offer(option, known)} See python -m foundry_exp {name} --help."
            raise ConfigError(msg)
    code: int = module.main(arguments)
    return code


class _Parser(argparse.ArgumentParser):
    """Complains in our words."""

    def error(self, message: str) -> NoReturn:
        msg = f"command line: {message}; see python -m foundry_exp --help."
        raise ConfigError(msg)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="foundry_exp", add_help=False, allow_abbrev=False)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("-m", "--multirun", action="store_true")
    parser.add_argument("-c", "--cfg", choices=["job", "hydra", "all"])
    parser.add_argument("--resolve", action="store_true")
    parser.add_argument("-i", "--info", nargs="?", const="all")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("--hydra-help", action="store_true")
    parser.add_argument("-sc", "--shell-completion", action="store_true")
    return parser


def _experiment(options: argparse.Namespace) -> int:
    from foundry_exp.command import compose, conf_folders, launch

    if options.shell_completion:
        from foundry_exp.command import completion

        return completion.main(options.overrides)
    if options.quiet:
        terminal.be_quiet()
    folder = conf_folders.user_conf()
    if folder:
        conf_folders.refuse_shadowed(folder)
        _note(f"options added from {folder}")
    added, notes = compose.from_environment(options.overrides)
    for note in notes:
        _note(note)
    overrides = [*options.overrides, *added]
    if options.hydra_help or options.info or options.cfg in ("hydra", "all"):
        return _hydras_own(options, overrides)
    every_job, multirun = compose.jobs(overrides, multirun=options.multirun)
    cells = launch.plan_all(every_job)
    if options.cfg:
        shown = [compose.as_yaml(job.config, resolve=options.resolve) for job in every_job]
        print("---\n".join(shown), end="")
        return 0
    return _run(every_job, cells, overrides, multirun=multirun)


def _note(text: str) -> None:
    if not terminal.is_quiet():
        print(text, file=sys.stderr)


def _hydras_own(options: argparse.Namespace, overrides: Sequence[str]) -> int:
    """What Hydra says of a command that composes, of a sweep's first cell; what does not is refused in our words."""
    from foundry_exp.command import compose, hydra_launcher

    view = options.info
    if view and "=" in view:
        view, overrides = "all", [view, *overrides]
    if view and view not in _OF_HYDRA:
        msg = f"--info {view}: no such view; {near(view, _OF_HYDRA)}"
        raise ConfigError(msg)
    every_job, _ = compose.jobs(overrides, multirun=options.multirun)
    wish = ["--hydra-help"] if options.hydra_help else ["--info", view] if view else ["--cfg", options.cfg]
    hydra_launcher.hand_to_hydra([*wish, *(["--resolve"] if options.resolve else []), *every_job[0].overrides])
    return 0


def _run(every_job: "Sequence[Job]", cells: "Sequence[Cell]", overrides: Sequence[str], *, multirun: bool) -> int:
    from foundry_exp import experiment, target
    from foundry_exp.command import compose, launch
    from foundry_exp.engines.check import check_engines
    from foundry_exp.sweep import shard, sweep_folder

    settings = cells[0].config["sweep"]
    planned, cells = cells, shard.of_sweep(cells, settings)
    away = target.build(cells[0].config["tracker"], "tracker").check()
    if away:
        experiment.say_that_runs_wait(away, str(cells[0].folder.parent), terminal.progress_console())
    check_engines(cells)
    _need_output_dir(Path(cells[0].config["output_dir"]))
    command = [*(["-m"] if multirun else []), *overrides]
    where = cells[0].folder.parent if len(cells) > 1 else cells[0].folder
    with sweep_folder.opened(planned, launch.rule_of_order(settings), command) as due:
        if not settings["shard"]:
            compose.remember(cells[0].folder.parent, every_job, overrides)
        experiment.forget_that_runs_wait(cells[0].folder.parent)
        if len(cells) > 1 or settings["name"]:
            _say_what_comes(cells, due, launch.rule_of_order(settings))
        completed = launch.start(due, overrides) if due else True
        completed, changed = _catch_up(cells, due, terminal.progress_console()) if completed else (False, False)
        folders = experiment.finished(cells)
        if folders:
            _report(cells[0], where, folders, changed=bool(due) or changed)
    _say_what_next(cells, where, folders)
    code = experiment.exit_code(folders, len(cells), cells[0].config["max_error_rate"]) if completed else INTERRUPTED
    if code:
        _say_how_to_go_on(cells)
    return code


def _report(cell: "Cell", where: Path, folders: Sequence[Path], *, changed: bool) -> None:
    """Draw the page, unless it is there and nothing changed, and show what was found; of a shard, its cells alone."""
    from foundry_exp import experiment
    from foundry_exp.decide.findings import findings
    from foundry_exp.report import console as table
    from foundry_exp.report import write
    from foundry_exp.store import unfinished

    read = write.gather(folders)
    if cell.config["sweep"]["shard"]:  # the page is of the whole sweep, of which others are measuring
        table.show(read, terminal.result_console())
        return
    left = replace(unfinished(where), resume_command=None)  # said at the end
    if changed or not (where / write.HTML_FILE).exists():
        found = experiment.conclude(cell, where, read, terminal.progress_console())
    else:
        found = findings(where, read)
    # Last, since whoever reads it may have enough, as `head` has: the page is drawn by then.
    table.show(read, terminal.result_console(), left=left)
    _say_findings(found)


def _catch_up(cells: "Sequence[Cell]", due: "Sequence[Cell]", console: "Console") -> tuple[bool, bool]:
    """Let scorers that waited for the last cell score, then publish what an earlier command could not.

    Whether nobody stopped it, and whether any cell changed.
    """
    from foundry_exp import experiment

    measured = {cell.name for cell in due}
    try:
        judged = experiment.give_scores(cells, console, waiting=True)
        earlier = [cell for cell in cells if judged or cell.name not in measured]
        return True, experiment.publish_again(earlier, console)
    except KeyboardInterrupt:
        return False, True


def _say_how_to_go_on(cells: "Sequence[Cell]") -> None:
    from foundry_exp.report.text import counted
    from foundry_exp.sweep import ledger, resume

    folder = cells[0].folder.parent
    plan = ledger.read(folder)
    left = sum(resume.state(cell.folder) in ("new", "begun") for cell in cells)
    if plan and left:
        said = f"{left} of {counted(len(cells), 'cell')} {'is' if left == 1 else 'are'} not finished"
        print(f"\n{said}. Go on with:\n  {plan.resume_command}", file=sys.stderr)


def _say_what_comes(cells: "Sequence[Cell]", due: "Sequence[Cell]", order: str) -> None:
    from foundry_exp.report.text import counted

    done = f", {len(cells) - len(due)} of them done before" if len(due) < len(cells) else ""
    _note(f"Sweep {cells[0].sweep_id}: {counted(len(cells), 'cell')}{done}. Order: {order}")


def _say_findings(found: "Findings") -> None:
    """What is more than chance, and which model to take."""
    parts = [found.differences, (found.pick, "", *found.reasons) if found.pick else ()]
    for lines in filter(None, parts):
        if not terminal.is_quiet():
            print("", *lines, sep="\n")


def _need_output_dir(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"output_dir: {folder} cannot be made ({error.strerror}); choose another folder."
        raise ConfigError(msg) from error


def _say_errors(where: Path, finished: Sequence[Path], *, reported: bool) -> None:
    """Of `--quiet`: each cell that is not ok, and on standard output the path of the report, or of a shard's cells."""
    from foundry_exp import store

    for folder in finished:
        result = store.read_result(folder)
        if result.status != "ok":
            print(f"{result.cell}: {result.status}: {result.reason}", file=sys.stderr)
    if finished:
        print(where / "report.html" if reported else where)
    else:
        print(f"Nothing was finished; what was measured is in {where}", file=sys.stderr)


def _say_what_next(cells: "Sequence[Cell]", where: Path, finished: Sequence[Path]) -> None:
    is_part = bool(cells[0].config["sweep"]["shard"])
    if terminal.is_quiet():
        _say_errors(where, finished, reported=not is_part)
        return
    if not finished:
        print(f"\nNothing was finished; what was measured is in {where}")
        return
    if is_part:
        print(f"\nThe whole sweep:           python -m foundry_exp report {cells[0].folder.parent}")
        return
    print(f"\nReport      {where / 'report.html'}")
    print(f"Everything  {where}")
    print("\nCompare in MLflow:         python -m foundry_exp ui")
    if len(cells) == 1:
        print("Two models side by side:   python -m foundry_exp -m model=demo-small,demo-large")
    print("Your own model or prompts: python -m foundry_exp --help")
