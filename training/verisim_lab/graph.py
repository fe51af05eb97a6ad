"""A small reverse-mode autodiff that writes plain ONNX, forward and backward.

A generator is described once, on a `Graph`, with a closed set of operations
that run alike on WebGPU and WASM; `graph_files.export_pair` turns the
description into the forward and the gradient file.

    def net(g, image, mask, z):                       # Values in, Value out
        f = g.leaky_relu(g.conv(g.concat(image, mask), w0, b0), 0.1)
        f = g.mul(f, g.unsqueeze(g.gemm(z, wz, bz)))  # FiLM
        return g.add(image, g.mul(mask, g.tanh(g.conv(f, w1, b1))))

    export_pair(net, [("image", 1), ("mask", 1), ("z", 16, "vector")],
                wrt=["image", "mask", "z"], forward="x.onnx", gradient="x-gradient.onnx")

Weights are numpy arrays or tensors in torch's layout.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto, helper, numpy_helper


@dataclass(frozen=True)
class Value:
    """A tensor of the graph. [N,channels,H,W], [N,channels,1,1] (spatial False) or [N,channels] (vector)."""

    name: str
    channels: int
    spatial: bool = True
    vector: bool = False


def _array(w) -> np.ndarray:
    if hasattr(w, "detach"):
        w = w.detach().cpu().numpy()
    return np.ascontiguousarray(w, dtype=np.float32)


@dataclass
class Graph:
    """Nodes, weights, and a tape of how to go back through them."""

    half: bool = True  # store weights as float16 + Cast
    nodes: list = field(default_factory=list)
    initialisers: list = field(default_factory=list)
    tape: list = field(default_factory=list)
    _names: int = 0
    _stored: dict = field(default_factory=dict)

    # --- plumbing -----------------------------------------------------------

    def _new(self, stem: str) -> str:
        self._names += 1
        return f"{stem}_{self._names}"

    def _node(self, op: str, inputs: list, stem: str | None = None, outputs: int = 1, **attributes):
        names = [self._new(stem or op.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def weight(self, w, exact: bool = False) -> str:
        """Name of a stored float32 weight; float16 + Cast when `half`, unless `exact`."""
        a = _array(w)
        if self.half and not exact:
            a = a.astype(np.float16)
            if not np.isfinite(a).all():
                raise ValueError("a weight does not fit float16")
        key = hashlib.sha256(a.tobytes() + str((a.shape, a.dtype)).encode()).hexdigest()
        if key not in self._stored:
            name = self._new("w")
            self.initialisers.append(numpy_helper.from_array(a, name))
            if a.dtype == np.float16:
                name = self._node("Cast", [name], "w32", to=TensorProto.FLOAT)
            self._stored[key] = name
        return self._stored[key]

    def _ints(self, values) -> str:
        a = np.asarray(values, np.int64)
        key = ("i", a.tobytes(), a.shape)
        if key not in self._stored:
            name = self._new("i")
            self.initialisers.append(numpy_helper.from_array(a, name))
            self._stored[key] = name
        return self._stored[key]

    def rounded(self, w) -> np.ndarray:
        """The weight as the file will hold it."""
        a = _array(w)
        return a.astype(np.float16).astype(np.float32) if self.half else a

    def _record(self, out: Value, inputs: list, back) -> Value:
        """back(gradient name) -> list of gradient names (or None), one per input."""
        self.tape.append((out, inputs, back))
        return out

    # --- convolutions -------------------------------------------------------

    def conv(self, x: Value, w, b=None, stride: int = 1, pad: int | None = None, dilation: int = 1,
             groups: int = 1, exact: bool = False) -> Value:
        """torch's conv2d, square kernel; pad None means 'same'. Strided: H and W multiples of the stride."""
        a = _array(w)
        cout, k = a.shape[0], a.shape[2]
        span = dilation * (k - 1)
        p = span // 2 if pad is None else pad
        inputs = [x.name, self.weight(a, exact)] + ([self.weight(b, exact)] if b is not None else [])
        shared = dict(kernel_shape=[k, k], dilations=[dilation] * 2, group=groups)
        out = Value(self._node("Conv", inputs, strides=[stride] * 2, pads=[p] * 4, **shared), cout, x.spatial)
        cin = a.shape[1] * groups

        def back(g):
            if stride == 1 and (cin > 3 or groups > 1):
                # Flipped and channel-swapped, group by group.
                f = a.reshape(groups, cout // groups, cin // groups, k, k)[..., ::-1, ::-1]
                f = f.transpose(0, 2, 1, 3, 4).reshape(cin, cout // groups, k, k)
                return [self._node("Conv", [g, self.weight(f, exact)], "d_conv", strides=[1, 1],
                                   pads=[span - p] * 4, **shared)]
            # ConvTranspose goes back through strides (and is cheaper for a head of 1-3 channels).
            extra = (2 * p - span - 1) % stride if stride > 1 else 0
            return [self._node("ConvTranspose", [g, self.weight(a, exact)], "d_conv", strides=[stride] * 2,
                               pads=[p] * 4, output_padding=[extra] * 2, **shared)]

        return self._record(out, [x], back)

    def conv_transpose(self, x: Value, w, b=None, stride: int = 2, pad: int = 1) -> Value:
        """torch's conv_transpose2d, square kernel, w [cin,cout,k,k], no output padding."""
        a = _array(w)
        k = a.shape[2]
        inputs = [x.name, self.weight(a)] + ([self.weight(b)] if b is not None else [])
        shared = dict(kernel_shape=[k, k], strides=[stride] * 2, pads=[pad] * 4)
        out = Value(self._node("ConvTranspose", inputs, **shared), a.shape[1], x.spatial)
        return self._record(out, [x], lambda g: [self._node("Conv", [g, self.weight(a)], "d_convt", **shared)])

    def gemm(self, z: Value, w, b=None) -> Value:
        """torch's linear on a vector: z [N,K], w [M,K] -> [N,M]."""
        a = _array(w)
        inputs = [z.name, self.weight(a)] + ([self.weight(b)] if b is not None else [])
        out = Value(self._node("Gemm", inputs, transB=1), a.shape[0], False, True)
        return self._record(out, [z], lambda g: [self._node("Gemm", [g, self.weight(a)], "d_gemm")])

    # --- activations (masks from the output, so that the forward pass still fuses) ---

    def leaky_relu(self, x: Value, slope: float) -> Value:
        out = Value(self._node("LeakyRelu", [x.name], alpha=float(slope)), x.channels, x.spatial, x.vector)

        def back(g):
            positive = self._node("Greater", [out.name, self.weight(0.0, True)], "positive")
            small = self._node("Mul", [g, self.weight(float(slope), True)], "small")
            return [self._node("Where", [positive, g, small], "d_leaky")]

        return self._record(out, [x], back)

    def relu(self, x: Value) -> Value:
        out = Value(self._node("Relu", [x.name]), x.channels, x.spatial, x.vector)

        def back(g):
            positive = self._node("Greater", [out.name, self.weight(0.0, True)], "positive")
            return [self._node("Where", [positive, g, self.weight(0.0, True)], "d_relu")]

        return self._record(out, [x], back)

    def sigmoid(self, x: Value) -> Value:
        out = Value(self._node("Sigmoid", [x.name]), x.channels, x.spatial, x.vector)

        def back(g):
            rest = self._node("Sub", [self.weight(1.0, True), out.name], "rest")
            return [self._node("Mul", [g, self._node("Mul", [out.name, rest], "slope")], "d_sigmoid")]

        return self._record(out, [x], back)

    def tanh(self, x: Value) -> Value:
        out = Value(self._node("Tanh", [x.name]), x.channels, x.spatial, x.vector)

        def back(g):
            square = self._node("Mul", [out.name, out.name], "square")
            rest = self._node("Sub", [self.weight(1.0, True), square], "rest")
            return [self._node("Mul", [g, rest], "d_tanh")]

        return self._record(out, [x], back)

    def clip(self, x: Value, low: float, high: float) -> Value:
        """torch.clamp; the gradient passes inside the bounds, bounds included."""
        lo, hi = self.weight(float(low), True), self.weight(float(high), True)
        out = Value(self._node("Clip", [x.name, lo, hi]), x.channels, x.spatial, x.vector)

        def back(g):
            zero = self.weight(0.0, True)
            g = self._node("Where", [self._node("Greater", [x.name, hi], "above"), zero, g], "d_clip")
            return [self._node("Where", [self._node("Less", [x.name, lo], "below"), zero, g], "d_clip")]

        return self._record(out, [x], back)

    # --- arithmetic ---------------------------------------------------------

    def _sum_to(self, g: str, small: Value, large: Value) -> str:
        """Sum a gradient of the shape of `large` down to the shape of `small`."""
        if large.spatial and not small.spatial:
            g = self._node("ReduceSum", [g, self._ints([2, 3])], "sum", keepdims=1)
        if large.channels > 1 and small.channels == 1:
            g = self._node("ReduceSum", [g, self._ints([1])], "sum", keepdims=1)
        return g

    def _pair(self, op: str, a: Value, b: Value) -> Value:
        if a.vector != b.vector or (a.channels != b.channels and 1 not in (a.channels, b.channels)):
            raise ValueError(f"{op}: {a} and {b} do not fit")
        return Value(self._node(op, [a.name, b.name]), max(a.channels, b.channels), a.spatial or b.spatial, a.vector)

    def add(self, a: Value, b: Value) -> Value:
        """a + b; [N,1,H,W] and [N,C,1,1] are broadcast."""
        out = self._pair("Add", a, b)
        return self._record(out, [a, b], lambda g: [self._sum_to(g, a, out), self._sum_to(g, b, out)])

    def sub(self, a: Value, b: Value) -> Value:
        out = self._pair("Sub", a, b)
        return self._record(out, [a, b], lambda g: [self._sum_to(g, a, out),
                                                    self._sum_to(self._node("Neg", [g], "neg"), b, out)])

    def mul(self, a: Value, b: Value) -> Value:
        """a * b; [N,1,H,W] and [N,C,1,1] are broadcast."""
        out = self._pair("Mul", a, b)
        return self._record(out, [a, b], lambda g: [
            self._sum_to(self._node("Mul", [g, b.name], "d_mul"), a, out),
            self._sum_to(self._node("Mul", [g, a.name], "d_mul"), b, out)])

    def affine(self, x: Value, scale: float, offset: float = 0.0) -> Value:
        """scale * x + offset, constants."""
        s = self.weight(float(scale), True)
        name = x.name if scale == 1 else self._node("Mul", [x.name, s], "scaled")
        if offset or scale == 1:
            name = self._node("Add", [name, self.weight(float(offset), True)], "shifted")
        out = Value(name, x.channels, x.spatial, x.vector)
        return self._record(out, [x], lambda g: [g if scale == 1 else self._node("Mul", [g, s], "d_affine")])

    # --- shape --------------------------------------------------------------

    def concat(self, *xs: Value) -> Value:
        """Along channels."""
        out = Value(self._node("Concat", [x.name for x in xs], axis=1), sum(x.channels for x in xs),
                    xs[0].spatial, xs[0].vector)

        def back(g):
            if len(xs) == 1:
                return [g]
            return self._node("Split", [g, self._ints([x.channels for x in xs])], "d_concat", len(xs), axis=1)

        return self._record(out, list(xs), back)

    def channels(self, x: Value, start: int, stop: int) -> Value:
        """x[:, start:stop]."""
        out = Value(self._node("Slice", [x.name, self._ints([start]), self._ints([stop]), self._ints([1])]),
                    stop - start, x.spatial, x.vector)
        ends = 2 if x.vector else 4

        def back(g):
            pads = [0, start] + [0] * (ends - 2) + [0, x.channels - stop] + [0] * (ends - 2)
            return [self._node("Pad", [g, self._ints(pads)], "d_slice", mode="constant")]

        return self._record(out, [x], back)

    def unsqueeze(self, z: Value) -> Value:
        """[N,C] -> [N,C,1,1]."""
        axes = self._ints([2, 3])
        out = Value(self._node("Unsqueeze", [z.name, axes]), z.channels, False)
        return self._record(out, [z], lambda g: [self._node("Squeeze", [g, axes], "d_unsqueeze")])

    def reshape_vector(self, z: Value, channels: int, h: int, w: int) -> Value:
        """[N,C*h*w] -> [N,C,h,w], N = 1."""
        out = Value(self._node("Reshape", [z.name, self._ints([1, channels, h, w])]), channels)
        return self._record(out, [z], lambda g: [self._node("Reshape", [g, self._ints([1, z.channels])], "d_reshape")])

    def depth_to_space(self, x: Value, s: int) -> Value:
        """torch's pixel_shuffle (mode CRD). Backward: a strided grouped Conv with one-hot kernels."""
        c = x.channels // (s * s)
        out = Value(self._node("DepthToSpace", [x.name], blocksize=s, mode="CRD"), c, x.spatial)
        return self._record(out, [x], lambda g: [self._one_hot(g, c, s)])

    def space_to_depth(self, x: Value, s: int) -> Value:
        """torch's pixel_unshuffle, as a strided grouped Conv. Backward: DepthToSpace."""
        out = Value(self._one_hot(x.name, x.channels, s), x.channels * s * s, x.spatial)
        return self._record(out, [x], lambda g: [self._node("DepthToSpace", [g], "d_s2d", blocksize=s, mode="CRD")])

    def _one_hot(self, name: str, c: int, s: int) -> str:
        k = np.tile(np.eye(s * s, dtype=np.float32).reshape(s * s, 1, s, s), (c, 1, 1, 1))
        return self._node("Conv", [name, self.weight(k)], "unshuffle", kernel_shape=[s, s], strides=[s, s], group=c)

    def upsample_nearest(self, x: Value, s: int = 2) -> Value:
        scales = self.weight(np.array([1, 1, s, s]), True)
        out = Value(self._node("Resize", [x.name, "", scales], "nearest", mode="nearest",
                               coordinate_transformation_mode="asymmetric", nearest_mode="floor"), x.channels)

        def back(g):
            mean = self._node("AveragePool", [g], "block_mean", kernel_shape=[s, s], strides=[s, s])
            return [self._node("Mul", [mean, self.weight(float(s * s), True)], "d_nearest")]

        return self._record(out, [x], back)

    def average_pool(self, x: Value, s: int = 2) -> Value:
        """Mean over s*s blocks; H and W multiples of s."""
        out = Value(self._node("AveragePool", [x.name], kernel_shape=[s, s], strides=[s, s]), x.channels)

        def back(g):
            wide = self._node("Resize", [g, "", self.weight(np.array([1, 1, s, s]), True)], "spread", mode="nearest",
                              coordinate_transformation_mode="asymmetric", nearest_mode="floor")
            return [self._node("Mul", [wide, self.weight(1 / (s * s), True)], "d_pool")]

        return self._record(out, [x], back)

    def mean_spatial(self, x: Value) -> Value:
        """Mean over H and W -> [N,C,1,1]. Forward only (global: never in super-resolution)."""
        out = Value(self._node("ReduceMean", [x.name, self._ints([2, 3])], keepdims=1), x.channels, False)

        def back(g):
            raise NotImplementedError("mean_spatial has no backward pass")

        return self._record(out, [x], back)

    # --- backward -----------------------------------------------------------

    def backward(self, output: Value, cotangent: Value, wrt: list) -> list:
        """Append the backward pass; returns the gradient names of the values in `wrt`."""
        reached = {v.name for v in wrt}
        for out, inputs, _ in self.tape:
            if any(v.name in reached for v in inputs):
                reached.add(out.name)
        if output.name not in reached:
            raise ValueError("the output does not depend on the inputs asked for")
        gradients: dict = {output.name: cotangent.name}
        for out, inputs, back in reversed(self.tape):
            if out.name not in gradients or not any(v.name in reached for v in inputs):
                continue
            for v, g in zip(inputs, back(gradients[out.name])):
                if v.name not in reached or g is None:
                    continue
                old = gradients.get(v.name)
                gradients[v.name] = g if old is None else self._node("Add", [old, g], "d_sum")
        missing = [v.name for v in wrt if v.name not in gradients]
        if missing:
            raise ValueError(f"no gradient for {missing}")
        return [gradients[v.name] for v in wrt]
