"""Models of users' types (see `looplift._extension`)."""

import sys

from looplift._extension import (
    ArrayModel,
    BooleanModel,
    ComplexModel,
    DataModel,
    FloatModel,
    IntegerModel,
    OpaqueModel,
    PrimitiveModel,
    StructModel,
    TupleModel,
)
from looplift._extension import register_model as register_default

models = sys.modules[__name__]

__all__ = [
    "ArrayModel", "BooleanModel", "ComplexModel", "DataModel", "FloatModel", "IntegerModel", "OpaqueModel", "PrimitiveModel",
    "StructModel", "TupleModel", "models", "register_default",
]  # fmt: skip
