"""How the learning rate changes from step to step."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler, OneCycleLR, StepLR

from worker.child.job import Recipe


def make_schedule(optimizer: Optimizer, recipe: Recipe, steps_per_epoch: int) -> LRScheduler:
    """Return the recipe's schedule for an optimizer, to be stepped after every training step.

    `constant` keeps the rate, `step` multiplies it by `step_gamma` every `step_epochs` epochs, `cosine` lowers it to
    zero over the run (Loshchilov and Hutter, 2017, SGDR, https://arxiv.org/abs/1608.03983), `one_cycle` raises it to
    the recipe's rate and lowers it again (Smith and Topin, 2018, Super-Convergence, https://arxiv.org/abs/1708.07120).
    """
    steps = recipe.epochs * steps_per_epoch
    if recipe.schedule == "step":
        return StepLR(optimizer, recipe.step_epochs * steps_per_epoch, recipe.step_gamma)
    if recipe.schedule == "cosine":
        return CosineAnnealingLR(optimizer, steps)
    if recipe.schedule == "one_cycle":
        # The recipe's momentum stays as the student typed it: only the rate goes through the cycle.
        return OneCycleLR(optimizer, recipe.learning_rate, steps, cycle_momentum=False)
    return LambdaLR(optimizer, _unchanged)


def _unchanged(_step: int) -> float:
    return 1.0
