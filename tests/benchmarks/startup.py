"""How long the door takes, beside `python -c "import hydra"`: run it, and compare the ratios."""

import statistics
import subprocess
import sys
import time

CASES = {
    'python -c "import hydra"': ["-c", "import hydra"],
    "--help": ["-m", "foundry_exp", "--help"],
    "--cfg job": ["-m", "foundry_exp", "--cfg", "job"],
    "model=nope": ["-m", "foundry_exp", "model=nope"],
    "generation.max_tokens=abc": ["-m", "foundry_exp", "generation.max_tokens=abc"],
}
ROUNDS = 15


def seconds(arguments: list[str]) -> float:
    """Wall time of one process."""
    start_s = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
    return time.perf_counter() - start_s


def main() -> None:
    """Interleave the cases, so that a busy moment hits all of them alike."""
    times_s: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, arguments in CASES.items():
            times_s[name].append(seconds(arguments))
    reference_s = statistics.median(times_s['python -c "import hydra"'])
    print(f"median of {ROUNDS} interleaved runs")
    for name, values in times_s.items():
        median_s = statistics.median(values)
        print(f"  {name:<28} {median_s * 1000:7.0f} ms   {median_s / reference_s:4.2f} × import hydra")


if __name__ == "__main__":
    main()
