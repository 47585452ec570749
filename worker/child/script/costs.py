"""Which statements are left out because they load data, read files, talk to people or train."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from worker.child.script.aliases import dotted
from worker.child.script.names import FUNCTIONS
from worker.child.script.program import Program, calls_in
from worker.child.script.scopes import Leaf, Scope, header_parts
from worker.child.script.words import words

# Paths, and everything below them, that have no part in a network.
_COSTLY_PATHS = words(
    "torch.load torch.save torch.hub torch.optim torch.utils.data torch.utils.tensorboard torch.distributed "
    "torch.multiprocessing torch.cuda.set_device torch.manual_seed torch.cuda.manual_seed torch.onnx "
    "torchvision.datasets torchvision.utils torchvision.io torchtext torchaudio torchsummary torchinfo tensorboardX "
    "matplotlib seaborn plotly pandas cv2 PIL skimage sklearn requests urllib http socket subprocess shutil "
    "multiprocessing threading asyncio tarfile zipfile gzip pickle wandb mlflow tensorflow keras tqdm kaggle gradio "
    "streamlit flask IPython google datasets deeplake ray optuna os.system os.popen os.makedirs os.mkdir os.remove "
    "os.listdir os.walk os.chdir os._exit os.exec os.fork os.kill sys.exit time.sleep numpy.load numpy.loadtxt "
    "numpy.genfromtxt numpy.save json.load yaml.load"
)
_COSTLY_NAMES = words(
    "open input print exit quit eval exec compile __import__ next iter breakpoint display get_ipython help"
)
_COSTLY_METHODS = words(
    "backward step zero_grad show plot savefig imshow fit read readline readlines write download load_state_dict "
    "read_csv add_scalar add_graph fetch_openml load_data load_dataset wait recv connect urlopen communicate"
)


@dataclass(frozen=True, eq=False)
class Cause:
    """Why a statement is left out: the first name on the way to it that has no value, and the line of that name.

    `function` is set where the name is a parameter for which no call of that function has a value.
    """

    name: str
    leaf: Leaf
    function: str = ""


def costly_leaves(program: Program, scope: Scope, outside: Mapping[str, Cause]) -> dict[Leaf, Cause]:
    """Return the statements of a scope that are left out, and with them those that need what these would make.

    `outside` are names of the scopes around that have no value for the same reason.
    """
    found = {
        leaf: Cause(min(leaf.bound, default=""), leaf)
        for leaf in scope.leaves
        if any(_is_costly(program, part) for part in _here(leaf))
    }
    while True:
        causes = dict(outside) | causes_of_names(scope, found)
        lacking = {
            leaf: min(_needed_now(program, leaf) & causes.keys(), default="")
            for leaf in scope.leaves
            if leaf not in found
        }
        more = {leaf: causes[name] for leaf, name in lacking.items() if name}
        if not more:
            return found
        found |= more


def causes_of_names(scope: Scope, costly: Mapping[Leaf, Cause]) -> dict[str, Cause]:
    """Return the names of a scope that only left-out statements give a value, each with the cause."""
    given = {name for leaf in scope.leaves if leaf not in costly for name in leaf.bound}
    return {
        name: Cause(name, leaf) if cause.leaf is leaf else cause
        for leaf, cause in costly.items()
        for name in leaf.bound - given
    }


def _here(leaf: Leaf) -> list[ast.AST]:
    """What runs when a statement runs, with what the statements around it evaluate."""
    around = [part for header in leaf.headers for part in header_parts(header)]
    if isinstance(leaf.node, FUNCTIONS):
        return [*around, *leaf.node.decorator_list, leaf.node.args]
    if isinstance(leaf.node, ast.ClassDef):
        members = [member for member in leaf.node.body if not isinstance(member, (*FUNCTIONS, ast.Expr))]
        return [*around, *leaf.node.decorator_list, *leaf.node.bases, *members]
    return [*around, leaf.node]


def _needed_now(program: Program, leaf: Leaf) -> set[str]:
    return {name for part in _here(leaf) for name in program.used(part)} - leaf.bound_around


def _is_costly(program: Program, node: ast.AST) -> bool:
    return any(_costs(program, call) for call in calls_in(node))


def _costs(program: Program, call: ast.Call) -> bool:
    name = dotted(call.func)
    return name in _costly_functions(program) if name in program.functions else _is_costly_itself(program, call)


def _is_costly_itself(program: Program, call: ast.Call) -> bool:
    path = program.aliases.path(call.func)
    if any(path == costly or path.startswith(f"{costly}.") for costly in _COSTLY_PATHS):
        return True
    return path in _COSTLY_NAMES or (isinstance(call.func, ast.Attribute) and call.func.attr in _COSTLY_METHODS)


@lru_cache(maxsize=1)
def _costly_functions(program: Program) -> set[str]:
    """The script's own functions that do such things; one that only prints beside its work is called all the same."""
    calls = {
        name: [call for leaf in scope.leaves for part in _here(leaf) for call in calls_in(part)]
        for name, scope in program.functions.items()
    }
    found: set[str] = set()
    while True:
        more = {
            name for name in calls.keys() - found if any(_costs_inside(program, found, call) for call in calls[name])
        }
        if not more:
            return found
        found |= more


def _costs_inside(program: Program, costly: set[str], call: ast.Call) -> bool:
    name = dotted(call.func)
    return name in costly if name in program.functions else name != "print" and _is_costly_itself(program, call)
