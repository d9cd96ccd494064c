"""Our converters: graphs for estimators that skl2onnx converts wrongly, in single precision only, or not at all.

They are handed to skl2onnx for one conversion at a time, by its own `custom_*` arguments, so that nothing changes for
others who use skl2onnx in the same process. Everything else is skl2onnx's own, fed with doubles.
"""

from fairlead.publishing.onnx.converters.catalogue import Conversion, conversion
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_inputs import Inputs

__all__ = ["Conversion", "Inputs", "NotConvertibleError", "conversion"]
