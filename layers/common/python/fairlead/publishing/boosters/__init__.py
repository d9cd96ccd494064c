"""Gradient boosting of LightGBM, XGBoost and CatBoost: answers from a closed process, trees for the ONNX graph.

This process never loads a booster by its library. `estimators` has scikit-learn estimators that ask the closed process
(`closed_boosters`). There the library parses the model and answers rows (`native`). Its own text of the model is read
here as data (`lightgbm_text`, …), and the converter of `publishing.onnx` writes the trees.
"""
