"""About finding, building and training a model."""

from worker.child.failure import N_

UNKNOWN_MODEL = N_("There is no model called %(model)s. Choose one of: %(models)s.")
BUILD_FAILED = N_("The model could not be built with these options: %(error)s")
EXPORTED_CANNOT_TRAIN = N_(
    "%(file)s is an exported model (%(format)s), which can be evaluated but not trained. Choose to evaluate it, or "
    "upload the .py file of the network."
)
NOTHING_TO_TRAIN = N_("The model has no parameters that can be trained. Use layers with weights, such as nn.Linear.")
NO_GRADIENT = N_(
    "The network's output does not depend on its parameters, so nothing can be learnt. Look for torch.no_grad(), "
    ".detach() or .data in its forward."
)
NLL_NEEDS_LOG = N_(
    "The loss nll needs log-probabilities, but this model returns %(output)s: training would go wrong without an "
    "error. Choose the loss auto or cross_entropy, or end the model with nn.LogSoftmax(dim=1)."
)
NO_MUON = N_("The optimizer Muon is not part of the PyTorch %(version)s of this worker. Choose AdamW instead.")
NO_MATRIX = N_("Muon works on weight matrices, and this model has none. Choose another optimizer, such as AdamW.")
DIVERGED = N_(
    "The training loss was no finite number any more at step %(step)s (epoch %(epoch)s, learning rate "
    "%(learning_rate)s). Try a smaller learning rate."
)
