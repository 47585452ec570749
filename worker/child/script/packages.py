"""Packages that scripts import: which are known, and which are installed."""

from importlib.util import find_spec

from worker.child.script.words import words

WORTH_NAMING = ("torch", "torchvision", "numpy", "scipy", "pandas", "PIL")
# Packages that students' scripts import and that are no files of theirs.
KNOWN_PACKAGES = words(
    "torchaudio torchtext torchsummary torchinfo torchmetrics torchviz torchsnooper timm einops pytorch_lightning "
    "lightning fastai ignite skorch accelerate transformers datasets huggingface_hub wandb mlflow tensorboard "
    "tensorboardX tensorflow keras jax flax sklearn skimage matplotlib seaborn plotly pandas scipy cv2 PIL tqdm yaml "
    "omegaconf hydra optuna ray kornia albumentations imgaug apex spikingjelly snntorch norse e3nn escnn e2cnn "
    "torch_geometric dgl brevitas pennylane qiskit torchquantum opacus captum onnx h5py numba cupy requests rich "
    "loguru click fire absl easydict prettytable thop fvcore IPython google kaggle d2l efficientnet_pytorch "
    "kan efficient_kan x_transformers mamba_ssm jaxtyping typing_extensions xgboost lightgbm nltk gym"
)

# Those of them that only show, log or count.
INERT_PACKAGES = words(
    "torchmetrics torchsummary torchinfo torchviz torchsnooper wandb mlflow tensorboard tensorboardX matplotlib "
    "seaborn plotly tqdm rich loguru prettytable thop fvcore IPython icecream termcolor colorama visdom swanlab"
)
# Other frameworks by the package they are imported from: their name, and what exports from them to ONNX.
FRAMEWORKS = {
    "tensorflow": ("TensorFlow", "python -m tf2onnx.convert"),
    "keras": ("Keras", "model.export('net.onnx', format='onnx')"),
    "paddle": ("PaddlePaddle", "paddle.onnx.export"),
    "mxnet": ("MXNet", "mxnet.onnx.export_model"),
    "mindspore": ("MindSpore", "mindspore.export(…, file_format='ONNX')"),
    "flax": ("Flax", "jax2onnx"),
    "jax": ("JAX", "jax2onnx"),
    "sklearn": ("scikit-learn", "skl2onnx.to_onnx"),
    "theano": ("Theano", "an ONNX converter"),
    "caffe": ("Caffe", "an ONNX converter"),
}


def is_installed(package: str) -> bool:
    """Say whether the first part of an import can be found; nothing is imported for it.

    A mere folder of that name, such as `data`, is no package.
    """
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):  # half-initialised or __main__-like modules have no spec
        return False
    return spec is not None and spec.origin is not None
