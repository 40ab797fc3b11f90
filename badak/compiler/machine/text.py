"""From the Loop IR to the text of LLVM IR.

One function a kernel, which is told where its buffers begin, so that kernels that differ in their
buffers alone have the same text. No flag lets LLVM assume that NaN or infinity do not happen or
reorder a sum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import DType
from badak.compiler.loops.loop import (
    PICKS,
    Address,
    Buffer,
    Compute,
    Fold,
    Index,
    Kernel,
    Load,
    Loop,
    Number,
    Operand,
    Place,
    Register,
    Statement,
    Store,
)
from badak.compiler.machine.address import Addresses
from badak.compiler.machine.words import (
    FLOAT_OPS,
    INT_OPS,
    ORDERED,
    SHORT,
    UNARY,
    literal,
    memory_dtype,
    scalar_type,
    vector_type,
)


class Writer:
    """One function while it is written.

    Attributes:
        lines: what has been written.
        declared: the functions of LLVM's that it calls.
        buffers: those that it touches, and the names of their pointers.
    """

    def __init__(self) -> None:
        self.buffers: dict[Buffer, str] = {}
        self.lines: list[str] = []
        self.declared: dict[str, bool] = {}
        self._count = 0
        self._names: dict[int, str] = {}
        self._indices: dict[int, str] = {}
        self._addresses = Addresses(self.give)
        self._block = "entry"

    def fresh(self) -> str:
        self._count += 1
        return f"%v{self._count}"

    def line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def give(self, text: str) -> str:
        name = self.fresh()
        self.line(f"{name} = {text}")
        return name

    def block(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self._block = label

    def intrinsic(self, name: str, result: str, arguments: Sequence[tuple[str, str]]) -> str:
        types = ", ".join(kind for kind, _ in arguments)
        self.declared[f"declare {result} @{name}({types})"] = True
        return self.give(
            f"call {result} @{name}({', '.join(f'{kind} {value}' for kind, value in arguments)})"
        )

    # ------------------------------------------------------------------ operands

    def operand(self, x: Operand, lanes: int) -> str:
        """The name of a register or number, spread over the lanes where it has one alone."""
        if isinstance(x, Number):
            text = literal(x.value, x.dtype)
            if lanes == 1:
                return text
            return f"splat ({scalar_type(x.dtype)} {text})"
        name = self._names[id(x)]
        return name if x.lanes == lanes else self.splat(name, x.dtype, lanes)

    def splat(self, name: str, dtype: DType, lanes: int) -> str:
        kind = vector_type(dtype, lanes)
        one = self.give(f"insertelement {kind} poison, {scalar_type(dtype)} {name}, i64 0")
        zeros = f"<{lanes} x i32> zeroinitializer"
        return self.give(f"shufflevector {kind} {one}, {kind} poison, {zeros}")

    def address(self, buffer: Buffer, address: Address) -> str:
        size = memory_dtype(buffer.dtype).itemsize
        start = self.buffers.setdefault(buffer, f"%p{len(self.buffers)}")
        distance = address.offset * size
        terms = (
            (self._indices[id(term)] if isinstance(term, Index) else self._names[id(term)], factor)
            for term, factor in address.terms
        )
        return self._addresses.at(
            start, ((name, factor * size) for name, factor in terms), distance
        )

    def _mask(self, lanes: int, active: int) -> str:
        bits = ", ".join("i1 true" if i < active else "i1 false" for i in range(lanes))
        return f"<{bits}>"

    # ------------------------------------------------------------------ statements

    def kernel(self, kernel: Kernel) -> None:
        """The body of a function that runs the shares %first .. %last - 1."""
        share, following = self.fresh(), self.fresh()
        self._indices[id(kernel.share)] = share
        self.block("entry")
        self.line("%some = icmp slt i64 %first, %last")
        self.line("br i1 %some, label %shares, label %done")
        self.block("shares")
        place = len(self.lines)
        self.statements(kernel.body)
        phi = f"  {share} = phi i64 [ %first, %entry ], [ {following}, %{self._block} ]"
        self.lines.insert(place, phi)
        self.line(f"{following} = add nsw i64 {share}, 1")
        self.line(f"%more = icmp slt i64 {following}, %last")
        self.line("br i1 %more, label %shares, label %done")
        self.block("done")
        self.line("ret void")

    def statements(self, body: Sequence[Statement]) -> None:
        for statement in body:
            match statement:
                case Load():
                    self._load(statement)
                case Store():
                    self._store(statement)
                case Compute():
                    self._compute(statement)
                case Fold():
                    self._fold(statement)
                case Place():
                    self._names[id(statement.output)] = self._indices[id(statement.index)]
                case Loop():
                    self._loop(statement)

    def _load(self, s: Load) -> None:
        memory = memory_dtype(s.buffer.dtype)
        lanes = s.output.lanes
        scalar, align = scalar_type(memory), memory.itemsize
        pointer = self.address(s.buffer, s.address)
        if lanes == 1:
            value = self.give(f"load {scalar}, ptr {pointer}, align {align}")
        elif s.stride == 0:
            one = self.give(f"load {scalar}, ptr {pointer}, align {align}")
            value = self.splat(one, memory, lanes)
        elif s.stride == 1 and s.active is None:
            kind = vector_type(memory, lanes)
            value = self.give(f"load {kind}, ptr {pointer}, align {align}")
        elif s.stride == 1:
            kind = vector_type(memory, lanes)
            name = f"llvm.masked.load.v{lanes}{SHORT[scalar]}.p0"
            value = self.intrinsic(
                name,
                kind,
                [
                    ("ptr", pointer),
                    ("i32", str(align)),
                    (f"<{lanes} x i1>", self._mask(lanes, int(s.active or 0))),
                    (kind, "zeroinitializer"),
                ],
            )
        else:
            kind = vector_type(memory, lanes)
            value = "zeroinitializer"
            for lane in range(lanes if s.active is None else s.active):
                at = self.give(
                    f"getelementptr inbounds i8, ptr {pointer}, i64 {lane * s.stride * align}"
                )
                one = self.give(f"load {scalar}, ptr {at}, align {align}")
                value = self.give(f"insertelement {kind} {value}, {scalar} {one}, i64 {lane}")
        if s.buffer.dtype.kind == "b":
            kind = vector_type(memory, lanes)
            zero = "0" if lanes == 1 else "zeroinitializer"
            value = self.give(f"icmp ne {kind} {value}, {zero}")
        self._names[id(s.output)] = value

    def _store(self, s: Store) -> None:
        lanes = s.value.lanes if isinstance(s.value, Register) else 1
        memory = memory_dtype(s.buffer.dtype)
        scalar, align = scalar_type(memory), memory.itemsize
        kind = vector_type(memory, lanes)
        value = self.operand(s.value, lanes)
        if s.buffer.dtype.kind == "b":
            value = self.give(f"zext {vector_type(s.buffer.dtype, lanes)} {value} to {kind}")
        pointer = self.address(s.buffer, s.address)
        if lanes == 1 or (s.stride == 1 and s.active is None):
            self.line(f"store {kind} {value}, ptr {pointer}, align {align}")
        elif s.stride == 1 and memory.kind == "f":
            mask = self._mask(lanes, int(s.active or 0))
            name = f"llvm.masked.store.v{lanes}{SHORT[scalar]}.p0"
            self.declared[f"declare void @{name}({kind}, ptr, i32, <{lanes} x i1>)"] = True
            self.line(
                f"call void @{name}({kind} {value}, ptr {pointer}, i32 {align}, "
                f"<{lanes} x i1> {mask})"
            )
        else:
            # LLVM 22 stores too many bytes where it makes one of a narrowing and a masked store, so
            # whole numbers go lane by lane, which it joins again where it can.
            for lane in range(lanes if s.active is None else s.active):
                at = self.give(
                    f"getelementptr inbounds i8, ptr {pointer}, i64 {lane * s.stride * align}"
                )
                one = self.give(f"extractelement {kind} {value}, i64 {lane}")
                self.line(f"store {scalar} {one}, ptr {at}, align {align}")

    def _fold(self, s: Fold) -> None:
        lanes, value = s.value.lanes, self._names[id(s.value)]
        kind = vector_type(s.value.dtype, lanes)
        while lanes > 1:
            half = lanes // 2
            parts = []
            for start in (0, half):
                picks = ", ".join(f"i32 {start + i}" for i in range(half))
                parts.append(
                    self.give(
                        f"shufflevector {kind} {value}, {kind} poison, <{half} x i32> <{picks}>"
                    )
                )
            kind = f"<{half} x {scalar_type(s.value.dtype)}>"
            value = self._binary(s.op, s.value.dtype, kind, parts[0], parts[1])
            lanes = half
        self._names[id(s.output)] = self.give(f"extractelement {kind} {value}, i64 0")

    def _binary(self, op: str, dtype: DType, kind: str, x: str, y: str) -> str:
        if op in ("maximum", "minimum"):
            return self._extreme(op, dtype, kind, x, y)
        names = FLOAT_OPS if dtype.kind == "f" else INT_OPS
        return self.give(f"{names[op]} {kind} {x}, {y}")

    def _extreme(self, op: str, dtype: DType, kind: str, x: str, y: str) -> str:
        """The larger or smaller; NaN where either is NaN, as NumPy says."""
        if dtype.kind != "f":
            order = {"maximum": "gt", "minimum": "lt"}[op]
            sign = "s" if dtype.kind == "i" else "u"
            test = self.give(f"icmp {sign}{order} {kind} {x}, {y}")
        else:
            order = {"maximum": "oge", "minimum": "ole"}[op]
            better = self.give(f"fcmp {order} {kind} {x}, {y}")
            nan = self.give(f"fcmp uno {kind} {x}, {x}")
            bits = "i1" if not kind.startswith("<") else kind.rsplit(" x ", 1)[0] + " x i1>"
            test = self.give(f"or {bits} {better}, {nan}")
        bits = "i1" if not kind.startswith("<") else kind.rsplit(" x ", 1)[0] + " x i1>"
        return self.give(f"select {bits} {test}, {kind} {x}, {kind} {y}")

    def _compute(self, s: Compute) -> None:
        lanes = s.output.lanes
        dtype = s.inputs[-1].dtype
        kind = vector_type(dtype, lanes)
        out = vector_type(s.output.dtype, lanes)
        args = [self.operand(x, lanes) for x in s.inputs]
        suffix = ("" if lanes == 1 else f"v{lanes}") + SHORT[scalar_type(dtype)]
        op = s.op
        if op in ORDERED:
            test = ORDERED[op][0 if dtype.kind == "f" else 1 if dtype.kind == "i" else 2]
            word = "fcmp" if dtype.kind == "f" else "icmp"
            value = self.give(f"{word} {test} {kind} {args[0]}, {args[1]}")
        elif op in ("maximum", "minimum"):
            value = self._extreme(op, dtype, kind, args[0], args[1])
        elif op == "where":
            bits = vector_type(np.dtype("bool"), lanes)
            value = self.give(f"select {bits} {args[0]}, {kind} {args[1]}, {kind} {args[2]}")
        elif op == "fma":
            value = self.intrinsic(f"llvm.fma.{suffix}", kind, [(kind, a) for a in args])
        elif op == "cast":
            value = self._cast(args[0], dtype, s.output.dtype, lanes)
        elif op.startswith("first_"):
            mask = self._mask(lanes, int(op.removeprefix("first_")))
            value = self.give(f"select <{lanes} x i1> {mask}, {kind} {args[0]}, {kind} {args[1]}")
        elif op == "lanes":
            numbers = ", ".join(f"{scalar_type(dtype)} {i}" for i in range(lanes))
            value = f"<{numbers}>"
        elif op == "splat":
            value = args[0]
        elif op in PICKS:
            picks = ", ".join(f"i32 {lane}" for lane in PICKS[op](lanes))
            pair = f"{kind} {args[0]}, {kind} {args[1]}"
            value = self.give(f"shufflevector {pair}, <{lanes} x i32> <{picks}>")
        elif op == "bits":
            value = self.give(f"bitcast {kind} {args[0]} to {out}")
        elif op == "neg" and dtype.kind == "f":
            value = self.give(f"fneg {kind} {args[0]}")
        elif op == "neg":
            value = self.give(f"sub {kind} {'0' if lanes == 1 else 'zeroinitializer'}, {args[0]}")
        elif op == "logical_not":
            ones = "true" if lanes == 1 else "splat (i1 true)"
            value = self.give(f"xor {kind} {args[0]}, {ones}")
        elif op in UNARY and dtype.kind == "f":
            value = self.intrinsic(f"llvm.{UNARY[op]}.{suffix}", kind, [(kind, args[0])])
        elif op == "abs" and dtype.kind == "i":  # the least number has no opposite and stays
            value = self.intrinsic(f"llvm.abs.{suffix}", kind, [(kind, args[0]), ("i1", "false")])
        elif op == "abs":
            value = args[0]
        elif op == "shift_right" and dtype.kind == "i":
            value = self.give(f"ashr {kind} {args[0]}, {args[1]}")
        elif dtype.kind == "f":
            value = self.give(f"{FLOAT_OPS[op]} {kind} {args[0]}, {args[1]}")
        else:
            value = self.give(f"{INT_OPS[op]} {kind} {args[0]}, {args[1]}")
        self._names[id(s.output)] = value

    def _cast(self, value: str, source: DType, target: DType, lanes: int) -> str:
        before, after = vector_type(source, lanes), vector_type(target, lanes)
        if source == target or before == after:
            return value
        if target.kind == "b":
            zero = "zeroinitializer" if lanes > 1 else ("0.0" if source.kind == "f" else "0")
            word = "fcmp une" if source.kind == "f" else "icmp ne"
            return self.give(f"{word} {before} {value}, {zero}")
        if source.kind == "f" and target.kind == "f":
            word = "fpext" if target.itemsize > source.itemsize else "fptrunc"
        elif source.kind == "f":
            # A float outside of the range would be poison in LLVM; saturating has a value.
            sign = "s" if target.kind == "i" else "u"
            names = [
                ("" if lanes == 1 else f"v{lanes}") + SHORT[scalar_type(d)]
                for d in (target, source)
            ]
            return self.intrinsic(
                f"llvm.fpto{sign}i.sat.{names[0]}.{names[1]}", after, [(before, value)]
            )
        elif target.kind == "f":
            word = "sitofp" if source.kind == "i" else "uitofp"
        elif target.itemsize > source.itemsize or source.kind == "b":
            word = "sext" if source.kind == "i" else "zext"
        else:
            word = "trunc"
        return self.give(f"{word} {before} {value} to {after}")

    def _loop(self, s: Loop) -> None:
        if s.index.extent <= 0:
            for c in s.carried:
                self._names[id(c.end)] = self.operand(c.start, c.end.lanes)
            return
        number = self.fresh()[2:]
        head, done = f"head{number}", f"done{number}"
        before = self._block
        starts = [self.operand(c.start, c.inside.lanes) for c in s.carried]
        self.line(f"br label %{head}")
        self.block(head)
        index = self.fresh()
        place = len(self.lines)
        self._indices[id(s.index)] = index
        for c in s.carried:
            self._names[id(c.inside)] = self.fresh()
        self.statements(s.body)
        after = [self.operand(c.after_turn, c.inside.lanes) for c in s.carried]
        nxt = self.give(f"add nsw i64 {index}, {s.index.step}")
        last = self._block
        phis = [f"  {index} = phi i64 [ 0, %{before} ], [ {nxt}, %{last} ]"]
        for c, start, end in zip(s.carried, starts, after, strict=True):
            kind = vector_type(c.inside.dtype, c.inside.lanes)
            name = self._names[id(c.inside)]
            phis.append(f"  {name} = phi {kind} [ {start}, %{before} ], [ {end}, %{last} ]")
            self._names[id(c.end)] = end
        self.lines[place:place] = phis
        more = self.give(f"icmp slt i64 {nxt}, {s.index.extent}")
        self.line(f"br i1 {more}, label %{head}, label %{done}")
        self.block(done)
