"""Publishing: a model file or an estimator, with rows, becomes one immutable version.

publish          the entry: `publish`, and `validate`, which stores nothing
prove            inputs → the gate's verdict
store            writes blobs first, the manifest last
champion         the version that a candidate is compared with
baseline         the distributions that drift is measured against; `bins` counts values
recipe           the estimator's class and parameters; `environment` the packages it was fitted with
input            reads and checks model files, tables, training rows, estimators
estimator_files  pickles → the data form, in a closed process
signature        infers the signature from a fitted estimator and its data
onnx             compiles a fitted estimator to a graph
parity           chooses the engine that serves, proved row by row
evidence         facts for the gate
report           the report and the model card
"""
