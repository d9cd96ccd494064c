"""Fairlead's converters, for estimators that skl2onnx converts wrongly, in single precision only, or not at all.

Each conversion passes them to skl2onnx by its `custom_*` arguments, so other uses of skl2onnx in the same process are
unaffected. All other estimators use skl2onnx's converters, with inputs of doubles.
"""

from fairlead.publishing.onnx.converters.catalogue import Conversion, conversion
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_inputs import Inputs

__all__ = ["Conversion", "Inputs", "NotConvertibleError", "conversion"]
