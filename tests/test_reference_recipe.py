"""The homework's recipe on the whole of MNIST: what the board promises is what the child delivers."""

from pathlib import Path

import pytest

from benchmarks.child_process import PREDICTIONS, make_job, run_child
from benchmarks.mnist import find_mnist, load_mnist, save_job_data

MNIST = find_mnist()


@pytest.mark.mnist
@pytest.mark.slow
@pytest.mark.skipif(MNIST is None, reason="the MNIST files are not here")
def test_the_homework_s_recipe_reaches_its_published_accuracy_in_bfloat16(tmp_path: Path) -> None:
    assert MNIST is not None
    spoken = run_child(make_job(save_job_data(MNIST, tmp_path), "yannet", precision="bfloat16", seed=2))
    predictions = [frame.log_probabilities() for frame in spoken.frames if frame.kind == PREDICTIONS]
    accuracy = (predictions[-1].argmax(axis=1) == load_mnist(MNIST)["test-labels"]).mean()
    assert len(spoken.losses()) == 3 * 938
    assert 0.978 <= accuracy <= 0.99
