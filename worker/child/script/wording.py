"""Every sentence with which reading or building a homework script can fail; `failure.py` says how they are used."""

from worker.child.failure import N_

EMPTY = N_("The file %(name)s is empty. Upload the file that holds your network.")
TOO_LARGE = N_(
    "The file %(name)s holds %(size)s characters of code; at most %(most)s are read. Upload only the file with the "
    "network."
)
TOO_DEEP = N_("The file %(name)s is nested too deeply to be read. Split its long expressions into several lines.")
WEB_PAGE = N_(
    "The file %(name)s is a web page, not Python. On GitHub press “Download raw file” (or “Raw”) and upload what you "
    "get then."
)
ZIP_ARCHIVE = N_(
    "The file %(name)s is a zip archive or a PyTorch checkpoint, not Python text. Unpack it and upload the .py or "
    ".ipynb file; send a checkpoint as weights."
)
BINARY = N_(
    "The file %(name)s is not text: it starts with the bytes %(start)s and holds NUL bytes. Upload the Python file "
    "(.py) or the notebook (.ipynb) itself."
)
BROKEN_NOTEBOOK = N_(
    "The notebook %(name)s cannot be read: %(error)s. Open it in Jupyter, save it again and upload that file."
)
NOT_PYTHON_NOTEBOOK = N_("The notebook %(name)s is written in %(language)s. Upload one in Python.")
NO_CODE_CELLS = N_("The notebook %(name)s has no code cell. Upload the notebook that defines your network.")
JSON_FILE = N_("The file %(name)s holds JSON data, but neither Python nor a notebook. Upload the .py or .ipynb file.")
SYNTAX = N_(
    "%(name)s is not valid Python %(version)s, which runs here: %(error)s at %(place)s: “%(line)s”. Correct that line, "
    "run the file once on your own computer, and upload it again."
)
PYTHON_2 = N_(
    "%(name)s is written for Python 2: %(place)s is “%(line)s”. Here Python 3 runs: write print(…) with brackets, or "
    "convert the file with the program 2to3."
)

NO_NETWORK = N_(
    "There is no network in %(name)s: no class derived from torch.nn.Module and no nn.Sequential. Upload the file that "
    "defines the network."
)
OTHER_FRAMEWORK = N_(
    "%(name)s uses %(framework)s. Only PyTorch networks can be trained here. Write the network as a class derived from "
    "torch.nn.Module, or train it on your own computer, export it to ONNX (%(export)s) and have the .onnx file "
    "evaluated."
)
DEFINED_ELSEWHERE = N_(
    "%(name)s takes its network %(class_name)s from the module %(module)s (%(place)s), which was not uploaded. Upload "
    "the file in which %(class_name)s is defined, or copy the class into this file."
)
NO_SUCH_CLASS = N_("%(name)s has no network called %(class_name)s. It has: %(classes)s.")
CHOOSE = N_(
    "It cannot be told which network of %(name)s is meant: %(classes)s. Write the name of one into the field for the "
    "class name."
)

BAD_ARGUMENTS = N_(
    "The constructor arguments “%(arguments)s” cannot be read: %(error)s. Write plain values as between the brackets "
    "of the constructor, for example: hidden=64, dropout=0.2"
)
NO_ARGUMENTS_TAKEN = N_(
    "%(class_name)s is a network that is ready made in the script, so it takes no arguments. Leave that field empty."
)
ARGUMENTS_NEEDED = N_(
    "%(class_name)s needs a value for %(arguments)s, and the script gives none that can be used. Write it into the "
    "field for the constructor arguments, for example: %(example)s"
)
SCRIPT_RAISED = N_("The code of %(class_name)s raised an error while the network was built: %(error)s")
SCRIPT_ENDED = N_(
    "The code of %(class_name)s tried to end the program (%(error)s) while the network was built. Take exit() or "
    "sys.exit() out of it."
)
NOT_A_NETWORK = N_(
    "%(class_name)s gave %(given)s instead of a network. It must be an object of a class derived from torch.nn.Module."
)
NAME_MISSING = N_(
    "The code of %(class_name)s uses the name %(missing)s, which %(name)s does not define before that. Define it at "
    "the top of the file, or hand it over as an argument."
)
LEFT_OUT = N_(
    "The network uses %(missing)s, but the line that makes it (%(place)s: “%(line)s”) was left out, because data, "
    "files and training are not part of the network. Use a plain value instead, such as 10 or 28 * 28."
)
LEFT_OUT_FAILED = N_(
    "The network uses %(missing)s, but the line that makes it (%(place)s: “%(line)s”) failed: %(error)s. Correct it, "
    "or use a plain value instead."
)
PARAMETER_UNKNOWN = N_(
    "The network uses %(missing)s, which the function %(function)s (%(place)s) is given from outside, and nothing in "
    "the script says what it is. Write plain values into the field for the constructor arguments, for example: "
    "hidden=64, dropout=0.2"
)
PACKAGE_MISSING = N_(
    "The network uses %(used)s of the package %(package)s, which is not installed here. Installed are: %(installed)s. "
    "Write that part with PyTorch alone."
)
MODULE_MISSING = N_(
    "The network uses %(used)s of the module %(package)s, which is neither installed here nor part of the upload. If "
    "it is a file of yours, copy what the network needs into %(name)s. Installed are: %(installed)s."
)
