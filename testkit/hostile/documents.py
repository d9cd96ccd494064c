"""Hostile estimators in data form, as a malicious publisher or a compromised closed process could write them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fairlead.engines.estimator_data.document import (
    MAGIC,
    Array,
    Big,
    Document,
    Items,
    Named,
    Node,
    Object,
    Objects,
    Pairs,
    Scalar,
    decode,
    encode,
)
from fairlead.publishing.estimator_files.convert import from_live
from testkit.hostile.models import fitted

HASH_MODULUS = 2**61 - 1
LINEAR = "sklearn.linear_model._base.LinearRegression"
SCALER = "sklearn.preprocessing._data.StandardScaler"
UNION = "sklearn.pipeline.FeatureUnion"


def document(*nodes: Node, arrays: tuple[bytes, ...] = ()) -> bytes:
    """Return the bytes of a document of these nodes."""
    return encode(Document(nodes=list(nodes)), arrays)


def linear(**attributes: Any) -> Object:
    """Return a linear regression with these attributes."""
    return Object(LINEAR, {"n_features_in_": 3, "intercept_": 0.0, **attributes})


def holding(node: Node, *before: Node, arrays: tuple[bytes, ...] = (), name: str = "coef_") -> bytes:
    """Return a linear regression that holds `node` in an attribute."""
    return document(*before, node, linear(**{name: [len(before)]}), arrays=arrays)


def changed(learner: str, change: Callable[[Object], Object | None]) -> bytes:
    """Return a fitted model's document in which `change` replaced objects."""
    content = from_live(fitted(learner)[0])
    read, arrays = decode(content)
    nodes = [(change(node) or node) if isinstance(node, Object) else node for node in read.nodes]
    return encode(Document(nodes=nodes), [bytes(arrays)])


def shadowing(name: str, value: Any = 1) -> bytes:
    """Return a linear regression with one more attribute."""
    return document(linear(coef_=None, **{name: value}))


def _doubled(depth: int, first: Node, more: Callable[[int], Node]) -> list[Node]:
    return [first, *(more(index) for index in range(depth))]


def _doubling_lists(depth: int = 50) -> bytes:
    lists = _doubled(depth, Items("list", [1.0, 2.0]), lambda index: Items("list", [[index], [index]]))
    return document(*lists, linear(coef_=[depth]))


def _doubling_unions(depth: int = 40) -> bytes:
    nodes: list[Node] = [Object(SCALER, {"with_mean": False, "scale_": None, "n_features_in_": 3})]
    for _ in range(depth):
        part = len(nodes) - 1
        nodes += [Items("tuple", ["a", [part]]), Items("tuple", ["b", [part]]), Items("list", [[part + 1], [part + 2]])]
        nodes.append(Object(UNION, {"transformer_list": [part + 3], "n_jobs": None, "transformer_weights": None}))
    return document(*nodes)


def _colliding_tuples(count: int = 30_000) -> bytes:
    """Keys (a, b) whose hashes Python computes to one value: its mixing of two numbers can be undone."""
    prime1, prime2, prime5, mask = 11400714785074694791, 14029467366897019727, 2870177450012600261, 2**64 - 1
    undo = pow(prime2, -1, 2**64)

    def rotated(value: int, by: int) -> int:
        return ((value << by) | (value >> (64 - by))) & mask

    wanted, number = rotated(12345, 31), 0
    pairs: list[tuple[int, int]] = []
    while len(pairs) < count:
        number += 1
        before = rotated((prime5 + number * prime2) & mask, 31) * prime1 & mask
        lane = (rotated(wanted, 33) - before) * undo & mask
        signed = lane - 2**64 if lane >> 63 else lane
        if abs(signed) < HASH_MODULUS and signed != -1:
            pairs.append((number, signed))
    assert len({hash(pair) for pair in pairs}) == 1
    nodes: list[Node] = [Items("tuple", list(pair)) for pair in pairs]
    return document(*nodes, Pairs([[index] for index in range(count)], [0] * count), linear(coef_=[count]))


def _nested(depth: int) -> bytes:
    nodes: list[Node] = [linear(coef_=None)]
    for _ in range(depth):
        last = len(nodes) - 1
        nodes += [Items("tuple", ["step", [last]]), Items("list", [[last + 1]])]
        nodes.append(Object("sklearn.pipeline.Pipeline", {"steps": [last + 2], "memory": None, "verbose": False}))
    return document(*nodes)


def _with_tree(**attributes: Any) -> bytes:
    def change(node: Object) -> Object | None:
        return Object(node.name, {**node.attributes, **attributes}) if node.name.endswith("_tree.Tree") else None

    return changed("forest", change)


def _with(learner: str, last: str, **attributes: Any) -> bytes:
    def change(node: Object) -> Object | None:
        return Object(node.name, {**node.attributes, **attributes}) if node.name.endswith(last) else None

    return changed(learner, change)


METHODS = (
    "predict",
    "fit",
    "get_params",
    "__class__",
    "__dict__",
    "__setstate__",
    "__reduce_ex__",
    "__module__",
    "__doc__",
)
PROTOCOLS = (
    "__sklearn_tags__",
    "__sklearn_is_fitted__",
    "__array_interface__",
    "__array_struct__",
    "__array__",
    "__len__",
)
CLASSES = (
    *(
        "os.system",
        "subprocess.Popen",
        "builtins.eval",
        "builtins.dict",
        "functools.partial",
        "collections.defaultdict",
    ),
    *("sklearn.metrics._scorer._Scorer", "sklearn.pipeline.Parallel", "sklearn.base.BaseEstimator", "sklearn.svm.SVC"),
    *("joblib.memory.Memory", "pandas.core.frame.DataFrame", "numpy.ndarray", "numpy.memmap", "numpy.ma.MaskedArray"),
    *(
        "sklearn.linear_model._base.LinearRegression\0",
        "sklearn.linear_model._base.LinearRegression ",
        "",
        ".",
        "sklearn.",
    ),
    "sklearn.metrics._dist_metrics.PyFuncDistance64",
)
NAMES = (
    *(
        "os.system",
        "builtins.eval",
        "builtins.open",
        "builtins.getattr",
        "numpy.load",
        "numpy.fromfile",
        "numpy.savetxt",
    ),
    *("numpy.ndarray", "numpy.memmap", "numpy.frompyfunc", "numpy.vectorize", "numpy.apply_along_axis", "numpy.void"),
    *(
        "scipy.special.os",
        "scipy.special.test",
        "numpy.os",
        "joblib.load",
        "sklearn.datasets.load_files",
        "numpy.ctypeslib",
    ),
    *(
        "sklearn.metrics.pairwise.pairwise_distances",
        "sklearn.utils.validation.check_array",
        "numpy.add\n",
        "numpy..add",
    ),
)
DTYPES = (
    "O",
    "|O",
    "<O8",
    "<V8",
    ">f8",
    "<M8",
    "<m8",
    "<c16",
    "|S4",
    "<U99999999",
    "f8",
    "<f3",
    "",
    "<f8,<f8",
    "<i8\n",
    "<f16",
)
RECORDS = (
    "8|a <f8 1",
    "8|a <f8 0|a <f8 0",
    "16|a <f8 99",
    "0|a <f8 0",
    "8|a <O8 0",
    "8|a <f8 -1",
    "8|a <V8 0",
    "9999999999|a <f8 0",
)

DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a pickle": lambda: b"\x80\x02cos\nsystem\n.",
    "magic alone": lambda: MAGIC,
    "a length beyond the end": lambda: MAGIC + (2**63).to_bytes(8, "little") + b"\x80",
    "no nodes": document,
    "a list for an estimator": lambda: document(Items("list", [1])),
    "a reference forward": lambda: document(Items("list", [[1]]), linear(coef_=[0])),
    "a reference to itself": lambda: document(Items("list", [[0]])),
    "a negative reference": lambda: document(Items("list", [1]), linear(coef_=[-1])),
    "a reference of two numbers": lambda: document(Items("list", [1]), linear(coef_=[0, 0])),
    "a reference of none": lambda: document(linear(coef_=[])),
    "a huge reference": lambda: document(linear(coef_=[2**62])),
    **{f"the class {name!r}": partial(document, Object(name, {})) for name in CLASSES},
    **{f"the attribute {name}": partial(shadowing, name) for name in (*METHODS, *PROTOCOLS, "", "coef_\0", "x" * 999)},
    **{f"the function {name!r}": partial(holding, Named(name)) for name in NAMES},
    **{f"the dtype {code!r}": partial(holding, Array(code, (1,), False, 0), arrays=(bytes(64),)) for code in DTYPES},
    **{f"the records {code}": partial(holding, Array(code, (1,), False, 0), arrays=(bytes(64),)) for code in RECORDS},
    "an array beyond the end": lambda: holding(Array("<f8", (1000,), False, 0), arrays=(bytes(64),)),
    "an array before the start": lambda: holding(Array("<f8", (1,), False, -8), arrays=(bytes(64),)),
    "an array of a negative shape": lambda: holding(Array("<f8", (-1, -1), False, 0), arrays=(bytes(64),)),
    "an array whose size overflows": lambda: holding(Array("<f8", (2**32, 2**32), False, 0), arrays=(bytes(64),)),
    "an empty array with an endless side": lambda: holding(Array("<f8", (0, 2**62), False, 0)),
    "an array of a hundred dimensions": lambda: holding(Array("<f8", (1,) * 100, False, 0), arrays=(bytes(64),)),
    "a boolean that is two": lambda: holding(Array("<b1", (1,), False, 0), arrays=(b"\2" + bytes(63),)),
    "a character beyond Unicode": lambda: holding(
        Array("<U1", (1,), False, 0), arrays=(b"\xff" * 4 + bytes(60),), name="feature_names_in_"
    ),
    "text where numbers belong": lambda: document(linear(coef_="text")),
    "an estimator where numbers belong": lambda: document(linear(coef_=None), linear(coef_=[0])),
    "a scalar of too few bytes": lambda: holding(Scalar("<f8", b"1234")),
    "a scalar of objects": lambda: holding(Scalar("O", bytes(8))),
    "a number of a million digits": lambda: holding(Big("9" * 1_000_000)),
    "a number that is none": lambda: holding(Big("--1")),
    "a key that is a list": lambda: holding(Pairs([[0]], [1]), Items("list", [1])),
    "half a pair": lambda: holding(Pairs(["a", "b"], [1])),
    "a set of lists": lambda: holding(Items("set", [[0]]), Items("list", [1])),
    "a key of tuples of tuples": lambda: holding(
        Pairs([[40]], [1]), *_doubled(40, Items("tuple", [1, 2]), lambda index: Items("tuple", [[index], [index]]))
    ),
    "keys of one hash": lambda: document(
        *(Big(str(number * HASH_MODULUS)) for number in range(30_000)),
        Pairs([[number] for number in range(30_000)], [0] * 30_000),
        linear(coef_=[30_000]),
    ),
    "pairs of one hash": _colliding_tuples,
    "lists that double": _doubling_lists,
    "unions that double": _doubling_unions,
    "objects whose shape does not fit": lambda: holding(Objects((2, 2), [1, 2, 3])),
    "objects of a negative shape": lambda: holding(Objects((-2, -2), [1, 2, 3, 4])),
    "pipelines in pipelines": lambda: _nested(20_000),
    "a tree without nodes": lambda: _with_tree(node_count=0),
    "a tree of more nodes than it has": lambda: _with_tree(node_count=10**9),
    "a tree of other features": lambda: _with_tree(n_features=1),
    "a tree without a depth": lambda: _with_tree(max_depth=0),
    "a tree whose depth is text": lambda: _with_tree(max_depth="deep"),
    "a tree of endless outputs": lambda: _with_tree(n_outputs=2**40),
    "a forest of a billion classes": lambda: _with("forest", "RandomForestClassifier", n_classes_=10**9),
    "a spline that stands elsewhere": lambda: _with("spline", "BSpline", _delegate_to=1, k=10**6),
    "a machine of another kind": lambda: _with("svm", "SVC", _impl="epsilon_svr"),
    "neighbours of other points": lambda: _with("brute", "KNeighborsClassifier", n_samples_fit_=10**6),
    "a hundred thousand workers": lambda: _with("brute", "KNeighborsClassifier", n_jobs=100_000),
    "clusters in a hundred thousand threads": lambda: _with("clusters", "KMeans", _n_threads=100_000),
    "a vectorizer of files": lambda: _with("words", "CountVectorizer", input="filename"),
    "an endless expression": lambda: _with("words", "CountVectorizer", token_pattern=r"(?:a+)+$"),
    "an expression that alternates": lambda: _with("words", "CountVectorizer", token_pattern=r"(?:a|a)*$"),
    "an expression of alternatives that meet": lambda: _with("words", "CountVectorizer", token_pattern=r"(?:a|ab|b)*c"),
    "an expression of many stars": lambda: _with("words", "CountVectorizer", token_pattern="a*" * 40 + "$"),
    "an expression that looks ahead": lambda: _with("words", "CountVectorizer", token_pattern=r"(?=(a+))\1+$"),
    "bytes cut off": lambda: from_live(fitted("linear")[0])[:-100],
}
