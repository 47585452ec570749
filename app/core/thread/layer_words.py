"""The words of layer lists, in English and Chinese and with the typing errors that they come with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A name's own number, as in conv1, but not that of “conv1->10”.
_OWN = r"(?:\d{1,2}(?![\d.]| ?->| ?[x*] ?\d))?"
_END = r"(?![a-z])"
_CONV = r"conv(?:olution(?:al)?)?(?:[ _-]?layers?)?(?:[ _-]?2d)?"
_POOL = r"pool(?:ing)?(?:[ _-]?layers?)?(?:[ _-]?2d)?"
# Longer names first.
LAYERS = {
    "other": r"conv(?:olution)?[ _-]?transpose(?:2d)?|deconv\w{0,12}|lstm|gru|rnn|transformers?"
    r"|(?:self[ _-]?)?attention|resnet\w{0,4}|res(?:idual)?[ _-]?block|inception|vgg\w{0,4}|upsample|残差块?|注意力",
    "separable": rf"(?:depth|deep)[ _-]?wise[ _&+-]{{0,3}}(?:point[ _-]?wise|separable)[ _-]?(?:{_CONV})?"
    rf"|separable[ _-]?{_CONV}|深度可分离(?:卷积)?",
    "depthwise": rf"(?:depth|deep)[ _-]?wise(?:[ _-]?{_CONV})?|逐通道卷积|深度卷积",
    "pointwise": rf"point[ _-]?wise(?:[ _-]?{_CONV})?|逐点卷积",
    "conv": rf"{_CONV}|卷积(?!核)层?",
    "global_pool": rf"(?:global|adaptive)[ _-]?(?:average|avg|mean|max)?[ _-]?{_POOL}|gap|全局(?:平均)?池化层?",
    "mean_pool": rf"(?:average|avg|mean)[ _-]?{_POOL}|平均池化层?",
    "max_pool": rf"max[ _-]?{_POOL}|{_POOL}|最大池化层?|池化层?",
    "batch_norm": r"batch[ _-]?norm(?:ali[sz]ation)?(?:[ _-]?[12]d)?|bn|批(?:量)?(?:归一化|标准化|规范化)层?",
    "dropout_maps": r"drop[ _-]?out[ _-]?2d",
    "dropout": r"drop[ _-]?out(?:[ _-]?1d)?|随机失活",
    "flatten": r"flatten|展平|拉平",
    "linear": r"lin(?:ea|e|a)r(?:[ _-]?layer)?|fc|full(?:y)?[ _-]?connect(?:ed|ion)?(?:[ _-]?layer)?|dense"
    r"|全连接层?|线性层?",
    "log_softmax": r"(?:log[ _-]?)?soft[ _-]?max",
    "leaky_relu": r"leaky[ _-]?relu",
    "relu": r"relu",
    "gelu": r"gelu",
    "silu": r"silu|swish",
    "elu": r"elu",
    "tanh": r"tanh",
    "sigmoid": r"sigmoid",
}
KEYWORDS = {
    "shape": r"(?:batch[ _-]?)?input[ _-]?shape",
    "kernel": r"kernel(?:[ _-]?size)?|filter[ _-]?size|window|卷积核(?:大小)?|核(?:大小)?",
    "stride": r"strides?|步长|步幅",
    "padding": r"pad(?:ding)?|填充",
    "inputs": r"in(?:put)?[ _-]?(?:channels?|features?|size|dim)|inputs?|输入(?:通道数?|维度)?",
    "outputs": r"out(?:put)?[ _-]?(?:channels?|features?|size|dim)|outputs?|filters|units|输出(?:通道数?|维度)?",
    "groups": r"groups?",
    "share": r"p(?= ?=)|rate|prob(?:ability)?|概率",
    "activation": r"activation|激活(?:函数)?",
}
# Between layers; says nothing of them.
GLUE = r"self\.|torch\.|nn\.|functional\.|f\.|layers?|sequential|then|with|and|followed by|层|接|再|后|然后|接着"
# What begins with neither a letter nor a digit first: it is the most common, and no layer begins like that.
PATTERNS = (
    ("line", r"\n"),
    ("space", r"[^\S\n]+"),
    ("arrow", r"->"),
    ("open", r"[(\[{]"),
    ("close", r"[)\]}]"),
    ("mark", r"[^\w\s]"),
    ("dims", r"\d{1,6}(?: ?[x*] ?\d{1,6}){1,3}(?![\d.]|[a-z])"),
    ("number", r"\d{1,6}(?:\.\d{1,6})?"),
    *((f"layer_{kind}", rf"(?:{pattern}){_OWN}{_END}") for kind, pattern in LAYERS.items()),
    *((f"keyword_{name}", rf"(?:{pattern}){_END}") for name, pattern in KEYWORDS.items()),
    ("glue", rf"(?:{GLUE})"),
    ("word", r"[a-z_]{1,60}|[^\W\d_]|."),
)
LEXER = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in PATTERNS), re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A word of a list. `kind`: layer, keyword, glue, dims, number, arrow, open, close, line, word or mark.

    `name`: which layer or keyword.
    """

    kind: str
    name: str
    text: str


def tokens(text: str) -> Iterator[Token]:
    """The words of a plain text, spaces left out."""
    for match in LEXER.finditer(text):
        kind, _, name = str(match.lastgroup).partition("_")
        if kind != "space":
            yield Token(kind, name, match[0])
