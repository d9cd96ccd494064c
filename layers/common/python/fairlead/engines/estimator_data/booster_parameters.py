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
CATBOOST = frozenset(
    [
        *("allow_const_label", "allow_writing_files", "approx_on_full_history", "auto_class_weights"),
        *("bagging_temperature", "best_model_min_trees", "boost_from_average", "boosting_type", "bootstrap_type"),
        *("border_count", "cat_features", "class_names", "class_weights", "classes_count", "colsample_bylevel"),
        *("combinations_ctr", "counter_calc_method", "ctr_leaf_count_limit", "ctr_target_border_count"),
        *("custom_loss", "custom_metric", "depth", "dev_leafwise_approxes", "dev_score_calc_obj_block_size"),
        *("diffusion_temperature", "early_stopping_rounds", "embedding_features", "eta", "eval_fraction"),
        *("eval_metric", "feature_border_type", "feature_weights", "first_feature_use_penalties"),
        *("fold_len_multiplier", "fold_permutation_block", "force_unit_auto_pair_weights", "fixed_binary_splits"),
        *("grow_policy", "has_time", "ignored_features", "iterations", "l2_leaf_reg", "langevin"),
        *("leaf_estimation_backtracking", "leaf_estimation_iterations", "leaf_estimation_method", "learning_rate"),
        *("logging_level", "loss_function", "max_bin", "max_ctr_complexity", "max_depth", "max_leaves"),
        *("metadata", "metric_period", "min_child_samples", "min_data_in_leaf", "model_shrink_mode"),
        *("model_shrink_rate", "model_size_reg", "monotone_constraints", "mvs_reg", "n_estimators", "name"),
        *("nan_mode", "num_boost_round", "num_leaves", "num_trees", "objective", "od_pval", "od_type", "od_wait"),
        *("one_hot_max_size", "penalties_coefficient", "per_feature_ctr", "per_float_feature_quantization"),
        *("per_object_feature_penalties", "pinned_memory_size", "posterior_sampling", "random_score_type"),
        *("random_seed", "random_state", "random_strength", "reg_lambda", "rsm", "sampling_frequency"),
        *("sampling_unit", "scale_pos_weight", "score_function", "silent", "simple_ctr", "text_features"),
        *("sparse_features_conflict_fraction", "store_all_simple_ctr", "subsample", "target_border", "task_type"),
        *("thread_count", "use_best_model", "used_ram_limit", "verbose"),
    ]
)
SAFE: dict[str, frozenset[str]] = {"catboost": CATBOOST, "lightgbm": LIGHTGBM, "xgboost": XGBOOST}
