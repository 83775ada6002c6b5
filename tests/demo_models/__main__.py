"""Build the two demonstration models: `python -m tests.demo_models --out DIR`.

Needs the extra `demo-build` and two CPU cores; no network. DIR gets demo-small/ and demo-large/, each
a folder that Foundry Local registers as it is; `--ask` asks the shipped prompts of what DIR holds.

What they are: Qwen2-shaped decoders over a 1200-token byte-level BPE, trained from nothing on text of
this project: 635 questions with answers (`topics`, `corpus`) and generated meeting notes with their
summaries (`notes`, `words`), mixed by `lessons`. A shipped prompt tagged `held-out` is never trained on.

                  hidden  layers  parameters  steps of 24 lessons  seed  minutes on two cores
    demo-small        96       6       0.8 M                  300     7                     1
    demo-large       192       6       2.9 M                 1200     7                     9

The loss counts the answers only. Muon moves the layers' matrices and AdamW the rest, both with a peak
rate of 0.003, 60 warm-up steps and a cosine. The small model stops early on purpose, sees few questions
and no shipped note: the pair should differ in skill as well as in size and speed. Another machine or
torch version gives other weights.

Weights are stored as 8-bit integers and unpacked for each token (`export`), which keeps decoding slow
enough to be stamped token by token: a sweep over the pair then looks like one over real models.

What they are not: useful. They know nothing else, and their timings say nothing about other models.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from foundry_exp.files.shipped_files import shipped

TOKENIZER_LESSONS = 8000
TOKENIZER_SEED = 1
THREADS = 2


def main() -> None:
    """Train, export and ask both models, or ask those that are already in the folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo_models", description="Build the demonstration models.")
    parser.add_argument("--out", type=Path, required=True, help="folder that gets demo-small/ and demo-large/")
    parser.add_argument("--only", choices=("demo-small", "demo-large"), help="build one of the two")
    parser.add_argument("--ask", action="store_true", help="do not build; ask the models that are in the folder")
    arguments = parser.parse_args()
    names = [arguments.only] if arguments.only else ["demo-small", "demo-large"]
    if not arguments.ask:
        build(names, arguments.out)
    for name in names:
        show(arguments.out.resolve() / name)


def build(names: list[str], out: Path) -> None:
    """Train and export the named models; both use one tokenizer."""
    import torch

    from tests.demo_models.export import export
    from tests.demo_models.lessons import FULL, lessons
    from tests.demo_models.tokens import train_tokenizer
    from tests.demo_models.train import RECIPES, train

    torch.set_num_threads(THREADS)
    tokenizer = train_tokenizer(lessons(TOKENIZER_LESSONS, TOKENIZER_SEED, FULL))
    for name in names:
        started = time.perf_counter()
        model, loss = train(RECIPES[name], tokenizer)
        print(f"{name}: trained in {time.perf_counter() - started:.0f} s, loss {loss:.4f}")
        export(model, tokenizer, name, out / name)


def show(folder: Path) -> None:
    """Ask a built model every shipped prompt through Foundry Local and print what it answers."""
    from tests.demo_models.verify import ask_all

    prompts = shipped_prompts()
    answers = ask_all(folder, [prompt for _, prompt in prompts])
    for (label, _), answer in zip(prompts, answers, strict=True):
        print(f"\n[{folder.name}] {label} ({answer.tokens} tokens)\n{answer.text}")
    rates = [answer.decode_tok_per_s for answer in answers if answer.decode_tok_per_s is not None]
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"\n{folder.name}: {size:,} bytes, median {statistics.median(rates):.0f} tokens a second")


def shipped_prompts() -> list[tuple[str, str]]:
    """A label and the prompt, for every shipped prompt."""
    sets = shipped("prompts") / "sets"
    labelled = []
    for name in ("workshop", "deterministic", "meeting-notes"):
        for entry in json.loads((sets / f"{name}.json").read_text(encoding="utf-8")):
            if isinstance(entry, str):
                labelled.append((f"{name}: {entry}", entry))
            else:
                labelled.append((f"{name}: {entry['id']} {entry['tags']}", entry["prompt"]))
    return labelled


if __name__ == "__main__":
    main()
