"""The tool's own help, printed before anything heavy is imported."""

VERBS = {
    "calibrate": "measure this tool's own error and cost on this machine",
    "doctor": "say whether the main job can run here, and what to do if not; --probe asks models",
    "score": "score finished runs again, by other facets, rubrics or judges, without measuring again",
    "gate": "fail when a run is worse than its baseline (exit code 100)",
    "recommend": "the model to take, by constraints and weights, with reasons",
    "compare": "what differs between runs by more than chance, with intervals; --judge asks a model",
    "report": "write the reports of runs again, and print their table",
    "annotate": "scores by people: blind files out, filled files in, agreement",
    "publish": "send run folders to MLflow (again); nothing is sent twice",
    "models": "what the catalogue and the cache have; pull, verify, add",
    "ui": "open MLflow on 127.0.0.1 over this project's store",
}

HELP = """\
foundry_exp measures language models that run locally on Microsoft Foundry Local.

  python -m foundry_exp [group=option] [key=value]      measure one model
  python -m foundry_exp -m model=A,B streaming=on,off   a sweep: every combination
  python -m foundry_exp VERB …                          any of the verbs below

Examples
  python -m foundry_exp
  python -m foundry_exp model=demo-small workload.rounds=10
  python -m foundry_exp model=mistral-7b accel=gpu
  python -m foundry_exp -m model=demo-small,demo-large prompts=meeting-notes
  python -m foundry_exp model=custom model.path=/models/mine model.alias=mine
  python -m foundry_exp experiment=smoke

Verbs (each has --help)
{verb_lines}

Groups and their options (conf/; your own conf/ in the working directory adds to them)
{groups}

Options
  -m, --multirun        sweep over every key=a,b
  -c, --cfg job         print the composed config and stop
  -i, --info [WHAT]     print how Hydra composes it (defaults, defaults-tree, searchpath, config, …)
  -q, --quiet           only errors, and the path of the report
  --no-color            no colours; NO_COLOR and TERM=dumb are heeded too. Also of every verb
  --shell-completion    install=bash|zsh|fish prints the script of that shell; see the README
  --version             print the version
  --hydra-help          Hydra's own help

Exit codes: 0 nothing failed and something was measured · 1 a cell failed, or none was measured ·
2 bad config or usage, nothing was run · 100 the gate failed ·
130 interrupted, what was measured is kept.
"""


def text() -> str:
    """The help with the verbs and the options that there are."""
    from foundry_exp.files import shipped_files

    conf = shipped_files.shipped("conf")
    groups = []
    for folder in sorted(path for path in conf.iterdir() if path.is_dir() and path.name != "hydra"):
        options = sorted(path.stem for path in folder.glob("*.yaml"))
        groups.append(_wrapped(f"  {folder.name:<11} ", options))
    verb_lines = "\n".join(f"  {name:<11} {what}" for name, what in VERBS.items())
    return HELP.format(verb_lines=verb_lines, groups="\n".join(groups))


def long_options(help_text: str) -> list[str]:
    """The options that a help text has."""
    import re

    return sorted(set(re.findall(r"--[a-z][a-z-]+", help_text)))


def _wrapped(head: str, options: list[str]) -> str:
    from textwrap import fill

    return fill(
        " ".join(options), width=100, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
