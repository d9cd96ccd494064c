"""Every kind of estimator that must run on onnx, fitted on data that scikit-learn and palmerpenguins ship."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, SVR, LinearSVC, NuSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.parity_tables import (
    Data,
    cancer,
    cancer_with_holes,
    categorical_penguins,
    diabetes,
    digits,
    grams,
    iris,
    linnerud,
    missing_categories,
    penguins,
    reviews,
    unlabelled,
    wine,
)


@dataclass(frozen=True)
class Case:
    """An unfitted estimator and the data it is for."""

    name: str
    data: Callable[[], Data]
    make: Callable[[], Any]


ROOTS = make_column_transformer(
    (FunctionTransformer(np.sqrt), [0, 1]), (FunctionTransformer(np.reciprocal), [2, 3]), remainder=StandardScaler()
)
BOOSTING = HistGradientBoostingClassifier(max_iter=10)
NUMBERS = make_column_selector(dtype_include="number")
WORDS = make_column_selector(dtype_exclude="number")


def columns(encoder: Any = None, *, impute: bool = True, indicate: bool = False) -> Any:
    """The usual ColumnTransformer: numbers imputed and scaled, words imputed and encoded."""
    encoder = encoder or OneHotEncoder(handle_unknown="ignore")
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), encoder) if impute else encoder
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=indicate), StandardScaler())
    return make_column_transformer((numbers, NUMBERS), (words, WORDS))


def scaled(estimator: Any) -> Any:
    """Return the estimator behind a StandardScaler."""
    return make_pipeline(StandardScaler(), estimator)


def logistic() -> Any:
    """A logistic regression that converges."""
    return LogisticRegression(max_iter=2_000)


def forest(count: int = 30, **settings: Any) -> Any:
    """A small random forest."""
    return RandomForestClassifier(count, random_state=0, **settings)


def two() -> list[tuple[str, Any]]:
    """Two classifiers of different kinds, one a pipeline."""
    return [("linear", scaled(logistic())), ("trees", forest(10))]


CLASSIFIERS = [
    Case("logistic regression", cancer, lambda: scaled(logistic())),
    Case("logistic regression, three classes", wine, lambda: scaled(logistic())),
    Case("ridge classifier", wine, lambda: scaled(RidgeClassifier())),
    Case("SGD hinge", wine, lambda: scaled(SGDClassifier(random_state=0))),
    Case("SGD log loss", digits, lambda: scaled(SGDClassifier(loss="log_loss", random_state=0))),
    Case("SGD modified Huber", cancer, lambda: scaled(SGDClassifier(loss="modified_huber", random_state=0))),
    Case("linear discriminant", cancer, LinearDiscriminantAnalysis),
    Case("linear SVC", wine, lambda: scaled(LinearSVC())),
    Case("SVC rbf", digits, SVC),
    Case("SVC poly", wine, lambda: scaled(SVC(kernel="poly"))),
    Case("SVC sigmoid, break ties", wine, lambda: scaled(SVC(kernel="sigmoid", break_ties=True))),
    Case("SVC with probabilities", cancer, lambda: scaled(SVC(probability=True, random_state=0))),
    Case("nu-SVC", cancer, lambda: scaled(NuSVC(nu=0.2))),
    Case("nearest neighbours", cancer, lambda: scaled(KNeighborsClassifier())),
    Case("nearest neighbours by distance", wine, lambda: scaled(KNeighborsClassifier(weights="distance", p=1))),
    Case("perceptron", wine, lambda: scaled(MLPClassifier(max_iter=50, random_state=0))),
    Case("Gaussian naive Bayes", wine, GaussianNB),
    Case("multinomial naive Bayes", digits, MultinomialNB),
    Case("complement naive Bayes", digits, ComplementNB),
    Case("Bernoulli naive Bayes", digits, lambda: BernoulliNB(binarize=4.0)),
    Case("decision tree", iris, lambda: DecisionTreeClassifier(random_state=0)),
    Case("pruned decision tree", wine, lambda: DecisionTreeClassifier(max_depth=2, random_state=0)),
    Case("random forest", cancer, lambda: forest(100)),
    Case("random forest, mixed leaves", digits, lambda: forest(min_samples_leaf=4)),
    Case("random forest, missing values", cancer_with_holes, lambda: forest(min_samples_leaf=3)),
    Case("extra trees", iris, lambda: ExtraTreesClassifier(30, random_state=0)),
    Case("gradient boosting", wine, lambda: GradientBoostingClassifier(n_estimators=20, random_state=0)),
    Case(
        "gradient boosting, exponential",
        cancer,
        lambda: GradientBoostingClassifier(loss="exponential", n_estimators=20, random_state=0),
    ),
    Case("histogram boosting", cancer_with_holes, lambda: HistGradientBoostingClassifier(max_iter=50)),
    Case("histogram boosting, ten classes", digits, lambda: HistGradientBoostingClassifier(max_iter=15)),
    Case("histogram boosting, two decimals", iris, lambda: HistGradientBoostingClassifier(max_iter=30)),
    Case("calibrated forest", wine, lambda: CalibratedClassifierCV(forest(10), cv=3)),
    Case("calibrated SVC, isotonic", cancer, lambda: CalibratedClassifierCV(scaled(SVC()), method="isotonic", cv=3)),
    Case("calibrated linear SVC", wine, lambda: CalibratedClassifierCV(scaled(LinearSVC()), cv=3)),
    Case("soft voting", wine, lambda: VotingClassifier(two(), voting="soft")),
    Case(
        "weighted voting",
        cancer,
        lambda: VotingClassifier(two(), voting="soft", weights=[1, 3], flatten_transform=False),
    ),
    Case("hard voting", wine, lambda: VotingClassifier([*two(), ("bayes", GaussianNB())])),
    Case("stacking", wine, lambda: StackingClassifier([*two(), ("margin", scaled(SVC()))], logistic(), cv=3)),
    Case(
        "stacking, inputs pass through", cancer, lambda: StackingClassifier(two(), forest(10), cv=3, passthrough=True)
    ),
    Case("bagging", wine, lambda: BaggingClassifier(DecisionTreeClassifier(max_depth=3), random_state=0)),
    Case("one against the rest", wine, lambda: scaled(OneVsRestClassifier(logistic()))),
    Case("one against the rest, two classes", cancer, lambda: scaled(OneVsRestClassifier(logistic()))),
    Case("one against the rest, margins", digits, lambda: OneVsRestClassifier(scaled(LinearSVC()))),
    Case("one against the rest, forests", wine, lambda: OneVsRestClassifier(forest(10))),
    Case("one against one", wine, lambda: scaled(OneVsOneClassifier(LinearSVC()))),
    Case("one against one, two classes", cancer, lambda: scaled(OneVsOneClassifier(logistic()))),
    Case("one against one, kernels", wine, lambda: OneVsOneClassifier(scaled(SVC()))),
    Case("output codes", wine, lambda: scaled(OutputCodeClassifier(logistic(), code_size=3, random_state=0))),
    Case("grid search", cancer, lambda: GridSearchCV(scaled(logistic()), {"logisticregression__C": [0.1, 1]}, cv=2)),
    Case("tuned threshold", cancer, lambda: TunedThresholdClassifierCV(scaled(logistic()), cv=3)),
]
REGRESSORS = [
    Case("linear regression", diabetes, LinearRegression),
    Case("linear regression, three targets", linnerud, LinearRegression),
    Case("ridge", diabetes, Ridge),
    Case("lasso", diabetes, Lasso),
    Case("elastic net", diabetes, lambda: ElasticNet(alpha=0.01)),
    Case("SGD", diabetes, lambda: scaled(SGDRegressor(random_state=0))),
    Case("Poisson", diabetes, PoissonRegressor),
    Case("SVR", diabetes, lambda: scaled(SVR(C=100))),
    Case("nearest neighbours", diabetes, lambda: scaled(KNeighborsRegressor())),
    Case("nearest neighbours, three targets", linnerud, lambda: scaled(KNeighborsRegressor(3, weights="distance"))),
    Case("perceptron", diabetes, lambda: scaled(MLPRegressor(max_iter=50, random_state=0))),
    Case("perceptron, three targets", linnerud, lambda: scaled(MLPRegressor(max_iter=50, random_state=0))),
    Case("decision tree", diabetes, lambda: DecisionTreeRegressor(random_state=0)),
    Case("random forest", diabetes, lambda: RandomForestRegressor(30, random_state=0)),
    Case("random forest, three targets", linnerud, lambda: RandomForestRegressor(30, random_state=0)),
    Case("extra trees", diabetes, lambda: ExtraTreesRegressor(30, random_state=0)),
    Case("gradient boosting", diabetes, lambda: GradientBoostingRegressor(n_estimators=30, random_state=0)),
    Case("histogram boosting", diabetes, lambda: HistGradientBoostingRegressor(max_iter=50)),
    Case("histogram boosting, Poisson", diabetes, lambda: HistGradientBoostingRegressor(loss="poisson", max_iter=20)),
    Case("voting", diabetes, lambda: VotingRegressor([("ridge", Ridge()), ("svr", scaled(SVR()))])),
    Case(
        "stacking",
        diabetes,
        lambda: StackingRegressor([("ridge", Ridge()), ("tree", DecisionTreeRegressor(max_depth=3))]),
    ),
    Case(
        "logarithm of the target",
        diabetes,
        lambda: TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
    ),
]
OTHERS = [
    Case("isolation forest", unlabelled, lambda: IsolationForest(random_state=0)),
    Case("isolation forest on some features", unlabelled, lambda: IsolationForest(max_features=0.5, random_state=0)),
    Case("one-class SVM", unlabelled, lambda: scaled(OneClassSVM(nu=0.1))),
    Case("k-means", unlabelled, lambda: scaled(KMeans(3, n_init=1, random_state=0))),
    Case("mini-batch k-means", unlabelled, lambda: scaled(MiniBatchKMeans(3, n_init=1, random_state=0))),
]
TRANSFORMERS = [
    Case("min-max", wine, lambda: make_pipeline(MinMaxScaler(clip=True), logistic())),
    Case("robust", wine, lambda: make_pipeline(RobustScaler(), logistic())),
    Case("PCA", wine, lambda: make_pipeline(StandardScaler(), PCA(4), forest(10))),
    Case("polynomial", wine, lambda: make_pipeline(StandardScaler(), PolynomialFeatures(2), logistic())),
    Case("power", wine, lambda: make_pipeline(PowerTransformer(), logistic())),
    Case("bins", wine, lambda: make_pipeline(KBinsDiscretizer(4), logistic())),
    Case("normalizer", wine, lambda: make_pipeline(Normalizer(), logistic())),
    Case("logarithm", wine, lambda: make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), logistic())),
    Case("logarithm, then trees", wine, lambda: make_pipeline(FunctionTransformer(np.log), forest(10))),
    Case("root and reciprocal", wine, lambda: make_pipeline(ROOTS, logistic())),
    Case(
        "exponential",
        wine,
        lambda: make_pipeline(MinMaxScaler(), FunctionTransformer(np.exp), StandardScaler(), GaussianNB()),
    ),
    Case("scaled, then trees", wine, lambda: scaled(forest(10))),
    Case("Box-Cox", wine, lambda: make_pipeline(PowerTransformer(method="box-cox"), logistic())),
    Case("logarithm, then histogram boosting", wine, lambda: make_pipeline(FunctionTransformer(np.log), BOOSTING)),
    Case("passthrough", wine, lambda: make_pipeline("passthrough", StandardScaler(), logistic())),
]
TABLES = [
    Case("imputed, one-hot, forest", penguins, lambda: make_pipeline(columns(), forest())),
    Case("missing indicators", penguins, lambda: make_pipeline(columns(indicate=True), logistic())),
    Case("unknown is an error", penguins, lambda: make_pipeline(columns(OneHotEncoder()), logistic())),
    Case("missing is a category", penguins, lambda: make_pipeline(columns(impute=False), logistic())),
    Case(
        "infrequent categories",
        penguins,
        lambda: make_pipeline(
            columns(OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=60), impute=False), logistic()
        ),
    ),
    Case("first category dropped", penguins, lambda: make_pipeline(columns(OneHotEncoder(drop="first")), logistic())),
    Case(
        "ordinal codes",
        penguins,
        lambda: make_pipeline(columns(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)), forest()),
    ),
    Case("target means", penguins, lambda: make_pipeline(columns(TargetEncoder(random_state=0)), logistic())),
    Case(
        "whole numbers as categories",
        penguins,
        lambda: make_pipeline(
            make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["island", "year"])), logistic()
        ),
    ),
    Case(
        "a constant for what is missing",
        penguins,
        lambda: make_pipeline(
            make_column_transformer((SimpleImputer(strategy="constant", fill_value="none"), ["island", "sex"])),
            OneHotEncoder(handle_unknown="ignore"),
            logistic(),
        ),
    ),
    Case(
        "histogram boosting on pandas categories",
        categorical_penguins,
        lambda: HistGradientBoostingClassifier(max_iter=20),
    ),
    Case(
        "histogram boosting, splits by missing categories alone",
        missing_categories,
        lambda: HistGradientBoostingClassifier(max_iter=20, categorical_features="from_dtype"),
    ),
    Case(
        "histogram boosting behind ordinal codes",
        penguins,
        lambda: make_pipeline(
            make_column_transformer(
                (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan), ["island", "sex"]),
                remainder="passthrough",
            ),
            HistGradientBoostingClassifier(max_iter=20, categorical_features=[0, 1]),
        ),
    ),
    Case(
        "voting of pipelines",
        penguins,
        lambda: VotingClassifier([(name, make_pipeline(columns(), part)) for name, part in two()], voting="soft"),
    ),
    Case("weight of a penguin", grams, lambda: make_pipeline(columns(), HistGradientBoostingRegressor(max_iter=20))),
    Case("weight of a penguin, linear", grams, lambda: make_pipeline(columns(), Ridge())),
]
TEXTS = [
    Case("TF-IDF", reviews, lambda: make_pipeline(TfidfVectorizer(), logistic())),
    Case("counts, Bayes", reviews, lambda: make_pipeline(CountVectorizer(), MultinomialNB())),
    Case(
        "pairs of words",
        reviews,
        lambda: make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), stop_words="english", sublinear_tf=True), LinearSVC()
        ),
    ),
    Case(
        "letters inside words",
        reviews,
        lambda: make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)), logistic()),
    ),
    Case(
        "letters without accents",
        reviews,
        lambda: make_pipeline(TfidfVectorizer(analyzer="char", strip_accents="ascii", ngram_range=(1, 3)), logistic()),
    ),
    Case(
        "counts, then TF-IDF",
        reviews,
        lambda: make_pipeline(CountVectorizer(binary=True), TfidfTransformer(norm="l1"), logistic()),
    ),
    Case(
        "text, few dimensions",
        reviews,
        lambda: make_pipeline(TfidfVectorizer(strip_accents="unicode"), TruncatedSVD(5, random_state=0), forest(10)),
    ),
    Case(
        "words and letters",
        reviews,
        lambda: make_pipeline(
            FeatureUnion([("words", TfidfVectorizer()), ("letters", CountVectorizer(analyzer="char"))]), logistic()
        ),
    ),
    Case("SVC on text", reviews, lambda: make_pipeline(TfidfVectorizer(), SVC())),
    Case(
        "weighted column of text",
        lambda: (reviews()[0].to_frame(), reviews()[1]),
        lambda: make_pipeline(
            ColumnTransformer([("text", TfidfVectorizer(), "review")], transformer_weights={"text": 2.0}), logistic()
        ),
    ),
]
ZOO = {
    f"{group}: {case.name}": case
    for group, cases in (
        ("classifier", CLASSIFIERS),
        ("regressor", REGRESSORS),
        ("other", OTHERS),
        ("transformer", TRANSFORMERS),
        ("table", TABLES),
        ("text", TEXTS),
    )
    for case in cases
}
