"""About what goes into a network and what comes out of it."""

from worker.child.failure import N_

NO_LAYOUT = N_("The network raised an error for images of the form %(input)s: %(error)s (also tried: %(tried)s)")
EVAL_MODE_RAISED = N_(
    "The network works in training mode only; after model.eval() it raised an error: %(error)s. Its predictions are "
    "always made in evaluation mode."
)
LARGE_IMAGES = N_(
    "The network takes only images of %(side)s×%(side)s pixels and needs %(milliseconds)s ms for one, which is too "
    "long here for all of MNIST. Use a smaller network that takes 28×28 pixels."
)
NOT_A_TENSOR = N_("The network returned %(given)s instead of one tensor with 10 numbers per image.")
NO_ROWS = N_(
    "The network returned %(given)s, and none of its tensors has the shape (%(images)s, 10) that is needed for "
    "%(images)s images: %(shapes)s."
)
WRONG_IMAGE_COUNT = N_(
    "The network returned an output of shape %(given)s for %(images)s images; (%(images)s, 10) is needed."
)
WRONG_OUTPUT_COUNT = N_("The network returned %(given)s numbers per image; 10 are needed.")
NOT_FINITE_OUTPUT = N_(
    "The network returned values that are not finite for %(images)s of %(of)s images. Try a smaller learning rate."
)
