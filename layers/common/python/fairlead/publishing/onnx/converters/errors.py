"""The exception that all converters raise, and the advice in its message."""

from typing import Self

INSTEAD = {
    "AdaBoostClassifier": "GradientBoostingClassifier",
    "AdditiveChi2Sampler": "PolynomialFeatures",
    "AffinityPropagation": "KMeans",
    "BayesianGaussianMixture": "KMeans",
    "BernoulliRBM": "MLPClassifier",
    "Birch": "KMeans",
    "BisectingKMeans": "KMeans",
    "CCA": "LinearRegression",
    "DictionaryLearning": "PCA",
    "DummyClassifier": "DecisionTreeClassifier(max_depth=1)",
    "DummyRegressor": "DecisionTreeRegressor(max_depth=1)",
    "EllipticEnvelope": "IsolationForest",
    "FactorAnalysis": "PCA",
    "FastICA": "PCA",
    "FeatureAgglomeration": "PCA",
    "GaussianMixture": "KMeans",
    "GaussianProcessClassifier": "SVC(probability=True)",
    "HashingVectorizer": "TfidfVectorizer",
    "Isomap": "PCA",
    "IsotonicRegression": "HistGradientBoostingRegressor(monotonic_cst=[1])",
    "IterativeImputer": "SimpleImputer",
    "KNNImputer": "SimpleImputer",
    "KernelRidge": "SVR",
    "LabelPropagation": "KNeighborsClassifier",
    "LabelSpreading": "KNeighborsClassifier",
    "LatentDirichletAllocation": "TruncatedSVD",
    "LocalOutlierFactor": "IsolationForest",
    "LocallyLinearEmbedding": "PCA",
    "MeanShift": "KMeans",
    "MiniBatchDictionaryLearning": "PCA",
    "MiniBatchNMF": "TruncatedSVD",
    "MissingIndicator": "SimpleImputer(add_indicator=True)",
    "NMF": "TruncatedSVD",
    "NearestCentroid": "LinearDiscriminantAnalysis",
    "Nystroem": "SVC(kernel='rbf')",
    "PLSCanonical": "LinearRegression",
    "PolynomialCountSketch": "PolynomialFeatures",
    "QuantileTransformer": "output_distribution='uniform', or PowerTransformer",
    "RBFSampler": "SVC(kernel='rbf')",
    "RFE": "SelectKBest or SelectFromModel",
    "RFECV": "SelectKBest or SelectFromModel",
    "RadiusNeighborsClassifier": "KNeighborsClassifier",
    "RadiusNeighborsRegressor": "KNeighborsRegressor",
    "RadiusNeighborsTransformer": "KNeighborsTransformer",
    "RandomTreesEmbedding": "RandomForestClassifier",
    "RegressorChain": "MultiOutputRegressor",
    "SequentialFeatureSelector": "SelectKBest or SelectFromModel",
    "SkewedChi2Sampler": "PolynomialFeatures",
    "SparseCoder": "PCA",
    "SparseRandomProjection": "GaussianRandomProjection",
    "SplineTransformer": "KBinsDiscretizer or PolynomialFeatures",
}
"""A class or parameter that has an ONNX form, for classes without one and for those whose conversion often fails."""


OR_SKLEARN = ", or accept the sklearn engine"


class NotConvertibleError(Exception):
    """A part of the estimator has no ONNX form: the message says which, and what to change to get the onnx engine.

    `part` names the part with the parameter in question; `use` completes "use …". The manifest keeps the message.
    """

    def __init__(self, part: str, *, use: str, finding: str = "has no ONNX form") -> None:
        super().__init__(f"{part} {finding}: use {use}{OR_SKLEARN}")

    @classmethod
    def missing(cls, kind: str) -> Self:
        """Return the error of a class without a converter, by the class's name."""
        return cls(kind, use=_instead(kind))

    @classmethod
    def failed(cls, step: str, kind: str, error: BaseException) -> Self:
        """Return the error of a step (the converter, the ONNX graph) that raised an exception it does not expect.

        The exception's own text is about the graph, not the estimator; it stays in the cause.
        """
        return cls(f"{step} of {kind}", use=_instead(kind), finding=f"failed ({type(error).__name__})")

    @classmethod
    def differing(cls, kind: str, differences: str) -> Self:
        """Return the error of a graph whose answers differ from the estimator's."""
        return cls(f"the ONNX graph of {kind}", use=_instead(kind), finding=f"is not exact ({differences})")


BOOSTERS = ("LGBM", "XGB", "CatBoost")


def _instead(kind: str) -> str:
    if kind.startswith(BOOSTERS):
        return f"dense steps before {kind} (sparse_output=False), or HistGradientBoosting of scikit-learn"
    return INSTEAD.get(kind, "an estimator of another class")
