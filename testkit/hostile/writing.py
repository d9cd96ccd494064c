"""Hostile files that write at predict time, into an array that was checked when the estimator was built.

NumPy functions write into the array that an argument names, and two objects can share that array.
"""

from typing import Any

import numpy as np
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import PairwiseKernel
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.semi_supervised import LabelPropagation

from testkit.hostile.calls import Made
from testkit.hostile.forge import forge
from testkit.hostile.models import LABELS, NUMBERS, logistic

X = NUMBERS.to_numpy()


def _neighbours(metric: str = "euclidean") -> KNeighborsClassifier:
    return KNeighborsClassifier(2, algorithm="brute", metric=metric).fit(X, LABELS)


def _step(function: Any, **arguments: Any) -> FunctionTransformer:
    step = FunctionTransformer(function, kw_args=arguments)
    step.n_features_in_ = X.shape[1]
    return step


def _over_labels() -> bytes:
    """Numbers beyond every class reach `_y`, and votes are counted in their place."""
    classifier = KNeighborsClassifier(2, algorithm="brute", metric="manhattan").fit(X[:3], LABELS[:3])
    count = _step(np.sum, axis=0, dtype="int64", out=classifier._y)
    steps = [_step(np.clip, a_min=1e9, a_max=1e9), count, _step(np.reshape, shape=(1, -1)), _step(np.sqrt), classifier]
    return forge(Pipeline([(str(number), step) for number, step in enumerate(steps)]))


def _before(function: Any, **arguments: Any) -> Made:
    return lambda: forge(make_pipeline(_step(function, **arguments), _neighbours()))


def _by_metric() -> bytes:
    """SciPy's `cdist` takes `out`, and scikit-learn hands it every parameter of the metric."""
    classifier = _neighbours(metric="canberra")
    classifier.metric_params = classifier.effective_metric_params_ = {"out": classifier._fit_X}
    return forge(classifier)


def _by_kernel(estimator: Any, **changes: Any) -> Made:
    """Return a maker of a file whose kernel is a ufunc: its second array is where the ufunc writes."""

    def make() -> bytes:
        fitted = estimator.fit(X, LABELS)
        vars(fitted).update(changes)
        return forge(make_pipeline(fitted, logistic().fit(X, LABELS)) if hasattr(fitted, "transform") else fitted)

    return make


def _by_process() -> bytes:
    fitted = GaussianProcessRegressor(PairwiseKernel(metric="rbf"), optimizer=None).fit(X, LABELS)
    fitted.kernel_.pairwise_kernels_kwargs = {"out": fitted.X_train_}
    return forge(fitted)


def _by_processes() -> bytes:
    fitted = GaussianProcessClassifier(PairwiseKernel(metric="rbf"), optimizer=None).fit(X, LABELS)
    fitted.base_estimator_.kernel_.metric = np.sqrt
    return forge(fitted)


FILES: dict[str, Made] = {
    "writing: over a classifier's labels": _over_labels,
    "writing: where nothing is written": _before(np.sqrt, where=np.zeros(X.shape[1], bool)),
    "writing: into what it was given, by nan_to_num": _before(np.nan_to_num, copy=False),
    "writing: into what it was given, by median": _before(np.median, axis=1, keepdims=True, overwrite_input=True),
    "writing: into an array by position in a signature": _before(np.add, signature="dd->d", out=X),
    "writing: into a tuple of arrays": _before(np.modf, out=(X, X)),
    "writing: distances over points": _by_metric,
    "writing: a ufunc is the kernel of a ridge": _by_kernel(KernelRidge(), kernel=np.sqrt),
    "writing: a ufunc is the kernel of an approximation": _by_kernel(Nystroem(n_components=5), kernel=np.sqrt),
    "writing: a ufunc is the kernel of a propagation": _by_kernel(LabelPropagation(), kernel=np.sqrt),
    "writing: numpy's nan_to_num is the kernel of a propagation": _by_kernel(LabelPropagation(), kernel=np.nan_to_num),
    "writing: a kernel's arguments": _by_kernel(KernelRidge(kernel="rbf"), kernel_params={"out": X}),
    "writing: a process's kernel": _by_process,
    "writing: a ufunc is a process's kernel": _by_processes,
}
