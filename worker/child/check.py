"""The quick look at an upload before it is queued: what it is, what it would do, and what to think about first."""

import torch

from worker.child.advice import find_warnings
from worker.child.channel import Channel
from worker.child.data import load_digits
from worker.child.files.weights_file import weights_format
from worker.child.job import Job
from worker.child.latency import IN_A_CHECK, time_one_ms
from worker.child.layers import count_parameters
from worker.child.measures import measure_work, table_of
from worker.child.network import prepare_network
from worker.child.origin import Origin, find_origin

# Of the training images, to judge weights by, in up to twelve ways: a check has five seconds, the run takes its 2,000.
_IMAGES = 40
_MOST_CLASSES = 50

Report = dict[str, object]


def run_check(job: Job, device: torch.device, channel: Channel) -> None:
    """Send a report on the job's upload. Where something is wrong, it holds what was found before.

    Raises:
        Failure: for every reason that a run would have, as far as a few images show it.
    """
    origin = find_origin(job)
    report = _about_origin(origin)
    try:
        _complete(report, job, origin, torch.device("cpu") if origin.is_exported else device)
    finally:
        channel.send("report", **report)


def _about_origin(origin: Origin) -> Report:
    classes = [
        {"name": name, "line": line, "is_chosen": name == origin.class_name}
        for name, line in origin.classes[:_MOST_CLASSES]
    ]
    unknown = dict.fromkeys(("parameters", "flops", "input", "output", "normalize", "forward_ms", "weights_format"))
    known = {"format": origin.format, "class_name": origin.class_name, "arguments": origin.arguments}
    hints = {"suggestions": dict(origin.suggestions), "missing": origin.missing}
    return {**known, "classes": classes, **hints, **unknown, "layers": [], "warnings": []}


def _complete(report: Report, job: Job, origin: Origin, device: torch.device) -> None:
    """Fill the report in, as far as it goes."""
    if job.weights is not None:
        report["weights_format"] = weights_format(job.weights)
    digits = load_digits(job.data_dir, device)
    network = prepare_network(job, origin, digits, _IMAGES)
    images, interface = digits.train_images, network.interface
    report["parameters"] = count_parameters(network.model)
    report["layers"] = table_of(network, images)
    report["input"] = interface.layout.name
    report["output"] = interface.kind
    report["normalize"] = interface.normalize
    report["flops"] = measure_work(network, images).flops
    report["forward_ms"] = time_one_ms(network, images, IN_A_CHECK)
    is_training = job.weights is None and not origin.is_exported
    report["warnings"] = find_warnings(network, digits, job.recipe, is_training)
