"""Which changes the test images undergo, and how strong: known to the child's code and to the worker, without torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One kind of change at four strengths, from weak to strong, in `unit`."""

    name: str
    unit: str
    strengths: tuple[float, ...]


# The strongest are hard and yet readable: `python -m benchmarks.contact_sheet` draws them all.
CHANGES = (
    Change("shifted", "px", (1, 2, 3, 4)),
    Change("rotated", "°", (10, 20, 30, 40)),
    Change("scaled", "×", (0.9, 0.8, 0.65, 0.5)),
    Change("thickened", "px", (0.5, 1, 1.5, 2)),
    Change("thinned", "px", (0.25, 0.5, 0.75, 1)),
    Change("noisy", "σ", (0.1, 0.2, 0.35, 0.5)),
    Change("blurred", "px", (0.5, 1, 1.5, 2)),
)
VARIANTS = sum(len(change.strengths) for change in CHANGES)
# Drawn once for all services, so that their figures can be compared.
SEED = 20_211_103
