// Programs name arrays and element types as often as tensors: one import gives both.
@_exported import JacquardArrays
