"""How LLVM writes kinds of numbers, numbers, and operations on them."""

from __future__ import annotations

import struct

import numpy as np

from badak.base.dtypes import DType

TYPES = {
    "bool": "i1",
    "uint8": "i8",
    "uint32": "i32",
    "int32": "i32",
    "uint64": "i64",
    "int64": "i64",
    "float32": "float",
    "float64": "double",
}
SHORT = {"float": "f32", "double": "f64", "i64": "i64", "i32": "i32", "i8": "i8", "i1": "i1"}

FLOAT_OPS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
INT_OPS = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "logical_and": "and",
    "logical_or": "or",
    "bit_and": "and",
    "bit_or": "or",
    "bit_xor": "xor",
    "shift_left": "shl",
    "shift_right": "lshr",
}
UNARY = {"sqrt": "sqrt", "abs": "fabs", "floor": "floor", "rint": "rint"}
ORDERED = {  # false for NaN, as in NumPy; not_equal alone is true
    "equal": ("oeq", "eq", "eq"),
    "not_equal": ("une", "ne", "ne"),
    "less": ("olt", "slt", "ult"),
    "less_equal": ("ole", "sle", "ule"),
    "greater": ("ogt", "sgt", "ugt"),
    "greater_equal": ("oge", "sge", "uge"),
}


def scalar_type(dtype: DType) -> str:
    return TYPES[dtype.name]


def vector_type(dtype: DType, lanes: int) -> str:
    name = scalar_type(dtype)
    return name if lanes == 1 else f"<{lanes} x {name}>"


def memory_dtype(dtype: DType) -> DType:
    """A truth value is a byte in memory."""
    return np.dtype("uint8") if dtype.kind == "b" else dtype


def literal(value: float | bool, dtype: DType) -> str:
    """A number as LLVM writes it: floats by the bits of their double."""
    if dtype.kind == "f":
        wide = float(np.asarray(value, dtype))
        return f"0x{struct.unpack('<Q', struct.pack('<d', wide))[0]:016X}"
    if dtype.kind == "b":
        return "true" if value else "false"
    return str(int(value))
