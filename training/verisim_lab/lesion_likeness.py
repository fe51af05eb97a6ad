"""What an inserter is held to beside its critics: measures of its paintings distributed as those of real lesions."""

from .lesion_losses import Usual, continuity, contrast, core_to_rim, edge_step, fineness, inside_deviation, repetition, rings, texture

#: Measures and their weights. A painter may otherwise hide from the critics by painting faintly, or always alike.
WEIGHTS = {contrast: 3.0, inside_deviation: 2.0, edge_step: 5.0, core_to_rim: 3.0, repetition: 1.5, rings: 5.0, continuity: 0.5,
           fineness: 0.2, texture: 0.4}


class Likeness:
    """`more`: measures beside WEIGHTS, with weights; `first`: real lesions (image, mask) to start from."""

    def __init__(self, more: dict, first: tuple):
        self.weights = WEIGHTS | more
        self.usual = {m: Usual() for m in self.weights}
        self.names = tuple(m.__name__ for m in self.weights)
        self._see(*first)

    def _see(self, image, mask):
        for measure, kept in self.usual.items():
            kept.add(measure(image, mask))

    def loss(self, real: tuple, painted: tuple):
        """(loss of the painter, its parts in the order of `names`), after a look at more real lesions; each (image, mask)."""
        self._see(*real)
        gaps = [self.usual[m].gap(m(*painted)) for m in self.weights]
        return sum(w * g for w, g in zip(self.weights.values(), gaps)), [g.item() for g in gaps]
