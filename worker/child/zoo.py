"""Building a model of the zoo."""

import importlib
import pkgutil

from torch import nn

import models_zoo
from worker.child.failure import Failure, model_code
from worker.child.job import Job
from worker.child.sentences.models import BUILD_FAILED, UNKNOWN_MODEL


def build_model(job: Job) -> nn.Module:
    """Return the job's model with freshly drawn weights.

    Raises:
        Failure: `bad_model` when there is no such model or its constructor refuses the options.
    """
    known = sorted(module.name for module in pkgutil.iter_modules(models_zoo.__path__))
    if job.model not in known:
        raise Failure("bad_model", UNKNOWN_MODEL, {"model": job.model, "models": ", ".join(known)})
    with model_code(BUILD_FAILED):
        built: nn.Module = importlib.import_module(f"models_zoo.{job.model}").Net(**job.options)
    return built
