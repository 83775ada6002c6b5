"""What values of a config are bound to, in JSON Schema's words; `errorMessage` is what is said instead of them."""

from collections.abc import Mapping
from typing import Annotated, Literal

Rule = tuple[tuple[str, int | float | str], ...]


def rule(**keywords: float | str) -> Rule:
    """Keywords of JSON Schema, beside a type."""
    return tuple(keywords.items())


Text = Annotated[str, rule(minLength=1)]
Count = Annotated[int, rule(minimum=1)]
Whole = Annotated[int, rule(minimum=0)]
Seed = Annotated[int, rule(minimum=0, maximum=2**31 - 1)]
Positive = Annotated[float, rule(exclusiveMinimum=0)]
NotNegative = Annotated[float, rule(minimum=0)]
Share = Annotated[float, rule(minimum=0, maximum=1)]
Variant = Annotated[str, rule(pattern=r"^[^:\s]+:\d+$", errorMessage="must be an exact name:version")]
Address = Annotated[
    str,
    rule(minLength=1, description="module.Class; from foundry_exp, or a package named in FOUNDRY_EXP_ALLOW"),
]
Shard = Annotated[
    str,
    rule(pattern="^[1-9][0-9]{0,5}/[1-9][0-9]{0,5}$", errorMessage="must be a part and of how many, as in 2/5"),
]
SweepName = Annotated[
    str | int,
    rule(
        pattern=(
            r"^(?!(?:[cC][oO][nN]|[pP][rR][nN]|[aA][uU][xX]|[nN][uU][lL]|[cC][oO][mM][0-9]|[lL][pP][tT][0-9])(?:\.|$))"
            r"(?!last$)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9_-])?$"
        ),
        errorMessage=(
            "must be a folder's name that every system takes: up to 80 of A-Z a-z 0-9 . _ -, starting with a letter or "
            "digit, not ending with a dot, and neither `last` nor a device of Windows (con, nul, com1 …)"
        ),
    ),
]
ClusterAddress = Annotated[
    str, rule(pattern=r"^[^:/\s]+:\d+$", errorMessage="must be the host:port of a cluster's head")
]
DeviceName = Annotated[str, rule(pattern="[A-Za-z0-9]", maxLength=200)]
Device = Literal["CPU", "GPU", "NPU"]
Arguments = Mapping[str, object]
"""What a class that a section names is made with, besides the keys that the section has of its own."""
