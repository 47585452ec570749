"""What a check warns of: it runs, but perhaps not as its author thinks."""

from worker.child.failure import N_

SOFTMAX_THEN_CROSS_ENTROPY = N_(
    "The network ends in softmax, and cross-entropy applies softmax once more: it will learn, but slowly. Take the "
    "softmax out, or choose the loss auto."
)
SOFTMAX_TAKEN_AS_LOG = N_(
    "The network ends in softmax. Training takes the logarithm of its output for the loss; without the softmax, "
    "cross-entropy would do the same and be more exact."
)
LOG_SOFTMAX_TWICE = N_(
    "The network ends in log-softmax, and cross-entropy applies it once more. That changes nothing; nll does without."
)
NO_NONLINEARITY = N_(
    "There is nothing non-linear between the layers, so all %(layers)s of them together can do no more than one linear "
    "layer. Put an activation such as nn.ReLU() between them."
)
MANY_PARAMETERS = N_("The network has %(parameters)s parameters; more than %(limit)s make training slow here.")
RANDOM_IN_EVALUATION = N_(
    "Two predictions of the same images differ in evaluation mode. Is dropout switched off there? Use nn.Dropout, or "
    "functional.dropout(x, training=self.training)."
)
DEPENDS_ON_BATCH = N_(
    "In evaluation mode the prediction for an image depends on the other images of its batch. Look for operations over "
    "dimension 0, such as softmax(dim=0), or for batch norm that keeps using the batch."
)
UNUSED_PARAMETERS = N_("These parameters play no part in the output and will not be trained: %(names)s.")
UNTRAINABLE = N_("No parameter can be trained: the network has none, or its output does not depend on them.")
POOR_SCORE = N_(
    "With these weights only %(correct)s of %(images)s training images are read right. Do the weights belong to this "
    "network, and were the images prepared in another way?"
)
