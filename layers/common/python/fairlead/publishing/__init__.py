"""Publishing: from what a data scientist brings (a model file or an estimator, and rows) to one immutable version.

`model_file` reads a model file without trusting it, `tables` reads rows, `signatures` takes the contract from both;
`metrics`, `recipe` and `environment` gather the facts that the manifest keeps.
"""
