"""Constructor parameters of boosters that data may hold, by library: none names a file, a machine or code.

A clone of a published booster is fitted with them, in retraining and cross-validation. LightGBM reads files that
`forcedsplits_filename` names, CatBoost writes where `train_dir` says; such parameters are left out and named.
"""

LIGHTGBM = frozenset(
    [
        *("alpha", "bagging_fraction", "bagging_freq", "bagging_seed", "boosting", "boosting_type", "class_weight"),
        *("cat_l2", "cat_smooth", "categorical_feature", "colsample_bynode", "colsample_bytree", "data_random_seed"),
        *("data_sample_strategy", "deterministic", "drop_rate", "drop_seed", "early_stopping_min_delta"),
        *("early_stopping_round", "early_stopping_rounds", "enable_bundle", "extra_seed", "extra_trees", "fair_c"),
        *("feature_fraction", "feature_fraction_bynode", "feature_fraction_seed", "feature_pre_filter"),
        *("first_metric_only", "force_col_wise", "force_row_wise", "importance_type", "interaction_constraints"),
        *("is_unbalance", "lambda_l1", "lambda_l2", "learning_rate", "linear_lambda", "linear_tree", "max_bin"),
        *("max_bin_by_feature", "max_cat_threshold", "max_cat_to_onehot", "max_delta_step", "max_depth", "max_drop"),
        *("metric", "min_child_samples", "min_child_weight", "min_data_in_bin", "min_data_in_leaf"),
        *("min_data_per_group", "min_gain_to_split", "min_split_gain", "min_sum_hessian_in_leaf"),
        *("monotone_constraints", "monotone_constraints_method", "monotone_penalty", "n_estimators", "n_jobs"),
        *("neg_bagging_fraction", "num_class", "num_iterations", "num_leaves", "num_threads", "objective"),
        *("objective_seed", "other_rate", "path_smooth", "poisson_max_delta_step", "pos_bagging_fraction"),
        *("random_state", "reg_alpha", "reg_lambda", "reg_sqrt", "scale_pos_weight", "seed", "sigmoid", "skip_drop"),
        *("subsample", "subsample_for_bin", "subsample_freq", "top_rate", "tree_learner", "tweedie_variance_power"),
        *("uniform_drop", "use_missing", "verbose", "verbosity", "xgboost_dart_mode", "zero_as_missing"),
    ]
)
XGBOOST = frozenset(
    [
        *("alpha", "base_score", "booster", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "device"),
        *("early_stopping_rounds", "enable_categorical", "eta", "eval_metric", "feature_types", "feature_weights"),
        *("gamma", "grow_policy", "huber_slope", "importance_type", "interaction_constraints", "lambda"),
        *("learning_rate", "max_bin", "max_cat_threshold", "max_cat_to_onehot", "max_delta_step", "max_depth"),
        *("max_leaves", "min_child_weight", "min_split_loss", "missing", "monotone_constraints", "multi_strategy"),
        *("n_estimators", "n_jobs", "normalize_type", "nthread", "num_parallel_tree", "objective", "one_drop"),
        *("quantile_alpha", "random_state", "rate_drop", "reg_alpha", "reg_lambda", "sample_type"),
        *("sampling_method", "scale_pos_weight", "seed", "skip_drop", "subsample", "tree_method"),
        *("tweedie_variance_power", "use_label_encoder", "validate_parameters", "verbosity"),
    ]
)
SAFE: dict[str, frozenset[str]] = {"lightgbm": LIGHTGBM, "xgboost": XGBOOST}
