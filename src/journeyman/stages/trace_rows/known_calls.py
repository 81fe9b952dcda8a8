"""What calls of the usual libraries do to rows: by the last part of their names."""

from __future__ import annotations

__all__ = [
    "CATEGORY_CODES",
    "CHOOSE_COLUMNS",
    "CROSS_VALIDATED",
    "EVALUATIONS",
    "FITS",
    "KEEP_COLUMNS",
    "MATRICES",
    "METRICS",
    "OF_HISTORY",
    "OPTIMISERS",
    "PARTS",
    "PIPELINES",
    "REDUCTIONS",
    "RESAMPLERS",
    "SCALES",
    "SCORES",
    "SEARCHES",
    "SIZES",
    "SPLITTERS",
    "STATELESS",
    "STOPS",
    "TARGET_ENCODERS",
    "TRANSFORMERS",
    "TRANSFORMS",
    "VIEWS",
    "words",
]


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# of all rows comes one figure, or one a column or group: whoever uses it has learned from the rows
REDUCTIONS = words(
    "mean median std var max min quantile percentile nanmean nanmedian nanstd nanvar nanmax nanmin nanpercentile "
    "average mode corr cov corrcoef describe skew kurtosis sem agg aggregate pivot_table crosstab value_counts "
    "nlargest nsmallest idxmax idxmin ptp amax amin histogram norm percentileofscore "
    "sum prod"
)
# the same, and every row comes back
SCALES = words(
    "cut qcut rank zscore boxcox scale minmax_scale maxabs_scale robust_scale quantile_transform power_transform"
)
TRANSFORMERS = words(
    "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler PowerTransformer QuantileTransformer KBinsDiscretizer "
    "Imputer SimpleImputer IterativeImputer KNNImputer SelectKBest SelectPercentile SelectFpr SelectFdr SelectFwe "
    "GenericUnivariateSelect SelectFromModel SequentialFeatureSelector RFE RFECV VarianceThreshold PCA KernelPCA "
    "IncrementalPCA SparsePCA TruncatedSVD NMF FastICA FactorAnalysis LatentDirichletAllocation CountVectorizer "
    "TfidfVectorizer TfidfTransformer Tokenizer TargetEncoder LeaveOneOutEncoder CatBoostEncoder WOEEncoder "
    "JamesSteinEncoder MEstimateEncoder CountEncoder KMeans MiniBatchKMeans DBSCAN AgglomerativeClustering Birch "
    "MeanShift SpectralClustering FeatureAgglomeration TSNE UMAP Isomap LocallyLinearEmbedding Nystroem RBFSampler "
    "SplineTransformer Word2Vec Doc2Vec"
)
# what these keep of rows is no more than which names there are
CATEGORY_CODES = words(
    "LabelEncoder OneHotEncoder OrdinalEncoder LabelBinarizer MultiLabelBinarizer DictVectorizer BinaryEncoder"
)
STATELESS = words(
    "PolynomialFeatures FunctionTransformer Normalizer HashingVectorizer Binarizer FeatureHasher "
    "KernelCenterer AdditiveChi2Sampler"
)
TARGET_ENCODERS = words(
    "TargetEncoder LeaveOneOutEncoder CatBoostEncoder WOEEncoder JamesSteinEncoder MEstimateEncoder"
)
SEARCHES = words(
    "GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV BayesSearchCV OptunaSearchCV"
)
OPTIMISERS = words("optimize fmin minimize gp_minimize forest_minimize gbrt_minimize dummy_minimize maximize brute")
MATRICES = words("DMatrix QuantileDMatrix Dataset Pool")
STOPS = words("EarlyStopping ModelCheckpoint early_stopping")
PIPELINES = words(
    "Pipeline make_pipeline ColumnTransformer make_column_transformer FeatureUnion make_union DataFrameMapper"
)
OF_HISTORY = words("shift cumsum cumcount cummax cummin cumprod ffill expanding rolling ewm diff pct_change")
# these choose columns by themselves, so that a table with the target in it is no leak
CHOOSE_COLUMNS = words(
    "ColumnTransformer make_column_transformer DataFrameMapper FunctionTransformer ColumnSelector "
    "TabularPredictor FeatureTools"
)
# these give back the columns of the tables that they are given
KEEP_COLUMNS = words(
    "array asarray DataFrame concat concatenate hstack vstack column_stack get_dummies where log log1p log10 exp sqrt "
    "abs absolute nan_to_num csr_matrix ravel reshape round to_numeric add_constant merge merge_asof merge_ordered "
    "shuffle float32 float64 clip square power DMatrix Dataset Pool scale minmax_scale robust_scale normalize to_list "
    "ascontiguousarray from_pandas"
)
RESAMPLERS = words(
    "SMOTE SMOTENC SMOTEN ADASYN BorderlineSMOTE KMeansSMOTE SVMSMOTE SMOTEENN SMOTETomek RandomOverSampler"
)
SPLITTERS = words(
    "KFold StratifiedKFold GroupKFold RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedShuffleSplit "
    "TimeSeriesSplit GroupShuffleSplit LeaveOneOut PredefinedSplit"
)
CROSS_VALIDATED = words("cross_val_score cross_validate cross_val_predict learning_curve")
FITS = words("fit fit_generator partial_fit train_on_batch")
TRANSFORMS = words("transform texts_to_sequences texts_to_matrix")
EVALUATIONS = words(
    "predict predict_proba predict_log_proba predict_classes predict_generator decision_function score evaluate "
    "evaluate_generator predict_on_batch test_on_batch staged_predict staged_predict_proba"
)
SCORES = words("score evaluate evaluate_generator")
METRICS = words("classification_report confusion_matrix roc_curve precision_recall_curve auc")
# attributes of tables that are the table itself, of models that are models, and of tables that tell their size
VIEWS = words("loc iloc ix at iat values T str dt cat sparse array")
PARTS = words("best_estimator_ estimator_ named_steps steps estimator base_estimator")
SIZES = words("shape columns dtypes index dtype size ndim name names")
