"""What happens: one cell from start to end, the sweep around it, and scoring again."""
