"""The colours of report.html and its plots, by name, on a light and on a dark page.

Series colours are Okabe and Ito's, which people with any of the common colour deficiencies tell apart,
darkened on white and lightened on black to a contrast of at least 3 : 1.
"""

LIGHT = {
    "page": "#f5f6f8",
    "paper": "#ffffff",
    "ink": "#161b22",
    "muted": "#57606c",
    "line": "#dde1e7",
    "accent": "#0060a8",
    "wash": "#eaf2fa",
    "good": "#0b7a5b",
    "warn": "#9a5b00",
    "bad": "#b3261e",
    "series-1": "#0072b2",
    "series-2": "#d55e00",
    "series-3": "#00875f",
    "series-4": "#b6548f",
    "series-5": "#a87400",
    "series-6": "#3a8fc2",
    "series-7": "#57606c",
    "series-8": "#7a4fb5",
}
DARK = {
    "page": "#0e1116",
    "paper": "#161b22",
    "ink": "#e8ecf1",
    "muted": "#9aa5b1",
    "line": "#2c343e",
    "accent": "#6cb6f5",
    "wash": "#172a3c",
    "good": "#45c49b",
    "warn": "#e3a44a",
    "bad": "#ff8a80",
    "series-1": "#4aa8e0",
    "series-2": "#f08a3c",
    "series-3": "#2fbf93",
    "series-4": "#dd93bf",
    "series-5": "#e6b84a",
    "series-6": "#8fd0f5",
    "series-7": "#9aa5b1",
    "series-8": "#b79bea",
}
SERIES = tuple(name for name in LIGHT if name.startswith("series-"))


def declarations(colours: dict[str, str]) -> str:
    """The colours as CSS custom properties."""
    return " ".join(f"--{name}: {value};" for name, value in colours.items())
