"""Judges as users write them, with `load` and `generate` alone: one gives every answer 5 points, one gives 1."""

from tests.scores.judge.played import verdict


class Five:
    """Likes everything."""

    points = 5

    def load(self, weights_path: str) -> None:
        pass

    def generate(self, prompt: str) -> str:
        return verdict(self.points)


class One(Five):
    """Likes nothing."""

    points = 1
