"""The data form of an estimator: nodes and arrays that cannot execute, and objects of known classes built from them.

`reader.read` is the only way back to an estimator. It opens no pickle and imports no name that the data brings:
classes, their attributes and their types are in `shapes.txt`, functions in `names`.
The writer is `publishing.estimator_files`.
"""
