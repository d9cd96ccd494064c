"""Publishing: from what a data scientist brings (a model file or an estimator, and rows) to one immutable version.

publish          from start to end: `publish`, and `validate`, which stores nothing
prove            from what was brought to the gate's verdict
store            blobs first, the manifest last
champion         the version that a candidate is compared with
baseline         the distributions that drift is measured against; `bins` counts values
recipe           the estimator's class and parameters; `environment` the packages it was made with
input            model files, tables, training rows, estimators
estimator_files  pickles → the data form, in a closed process
signature        the signature, from a fitted estimator and its data
onnx             a fitted estimator → a graph
parity           which engine serves, proved row by row
evidence         facts for the gate
report           the report and the model card
"""
