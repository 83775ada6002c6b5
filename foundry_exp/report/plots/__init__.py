"""The pictures of a report, drawn by matplotlib as SVG that follows the reader's light or dark theme."""
