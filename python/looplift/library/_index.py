"""Which module of the library knows which name. One dict of strings: looking here imports nothing."""

_NAMES = {
    "builtin": (
        "builtins.all builtins.any builtins.max builtins.min builtins.pow builtins.round builtins.sum"
    ),
    "calculus": (
        "numpy.diff numpy.interp numpy.trapezoid numpy.trapz"
    ),
    "comparing": (
        "array.nonzero numpy.allclose numpy.array_equal numpy.flatnonzero numpy.isclose numpy.nonzero numpy.where"
    ),
    "complexes": (
        "cmath.acos cmath.acosh cmath.asin cmath.asinh cmath.atan cmath.atanh cmath.cos cmath.cosh cmath.exp cmath.isclose "
        "cmath.isfinite cmath.isinf cmath.isnan cmath.log cmath.log10 cmath.phase cmath.polar cmath.rect cmath.sin cmath.sinh "
        "cmath.sqrt cmath.tan cmath.tanh"
    ),
    "creation": (
        "numpy.arange numpy.array numpy.asarray numpy.ascontiguousarray numpy.empty numpy.empty_like numpy.eye numpy.full "
        "numpy.full_like numpy.identity numpy.linspace numpy.ones numpy.ones_like numpy.zeros numpy.zeros_like"
    ),
    "enums": (
        "enum.__contains__ enum.__hash__ enum@name function.__call__ int_enum.__contains__ int_enum.__hash__ int_enum@name"
    ),
    "grids": (
        "numpy.diag_indices numpy.diag_indices_from numpy.diagflat numpy.fill_diagonal numpy.geomspace numpy.indices "
        "numpy.ix_ numpy.logspace numpy.meshgrid numpy.ravel_multi_index numpy.tri numpy.tril numpy.tril_indices "
        "numpy.tril_indices_from numpy.triu numpy.triu_indices numpy.triu_indices_from numpy.unravel_index numpy.vander"
    ),
    "indexing": (
        "array.__getitem__ array.__setitem__"
    ),
    "joining": (
        "array.repeat numpy.append numpy.array_split numpy.column_stack numpy.concatenate numpy.delete numpy.dsplit "
        "numpy.dstack numpy.hsplit numpy.hstack numpy.insert numpy.pad numpy.repeat numpy.resize numpy.roll numpy.row_stack "
        "numpy.split numpy.stack numpy.tile numpy.trim_zeros numpy.vsplit numpy.vstack"
    ),
    "linear": (
        "numpy.linalg.cholesky numpy.linalg.det numpy.linalg.inv numpy.linalg.slogdet numpy.linalg.solve"
    ),
    "functional": "functools.reduce",
    "manipulation": (
        "array.clip numpy.diag numpy.fliplr numpy.flipud"
    ),
    "mathematics": (
        "math.comb math.dist math.factorial math.fsum math.gcd math.hypot math.isclose math.isqrt math.lcm math.log math.perm "
        "math.prod math.sumprod math.ulp"
    ),
    "numeric": (
        "numpy.angle numpy.around numpy.clip numpy.divide numpy.float_power numpy.floor_divide numpy.fmax numpy.fmin "
        "numpy.gcd numpy.heaviside numpy.lcm numpy.logaddexp numpy.logaddexp2 numpy.logical_and numpy.logical_not "
        "numpy.logical_or numpy.logical_xor numpy.maximum numpy.minimum numpy.mod numpy.power numpy.reciprocal "
        "numpy.remainder numpy.round numpy.sign numpy.square numpy.true_divide"
    ),
    "operators": (
        "operator.abs operator.iadd operator.iand operator.ifloordiv operator.ilshift operator.imatmul operator.imod "
        "operator.imul operator.index operator.ior operator.ipow operator.irshift operator.isub operator.itruediv "
        "operator.ixor operator.matmul operator.not_ operator.truth"
    ),
    "products": (
        "array.__matmul__ array.dot array.trace numpy.cross numpy.dot numpy.inner numpy.matmul numpy.outer numpy.trace "
        "numpy.vdot"
    ),
    "reductions": (
        "array.all array.any array.argmax array.argmin array.cumprod array.cumsum array.max array.mean array.min array.prod "
        "array.std array.sum array.var numpy.all numpy.amax numpy.amin numpy.any numpy.argmax numpy.argmin "
        "numpy.count_nonzero numpy.cumprod numpy.cumsum numpy.max numpy.mean numpy.min numpy.prod numpy.ptp numpy.std "
        "numpy.sum numpy.var"
    ),
    "shaping": (
        "array.astype array.byteswap array.copy array.diagonal array.flatten array.ravel array.reshape array.squeeze "
        "array.swapaxes array.transpose array.view array@mT numpy.asfortranarray numpy.astype numpy.atleast_1d "
        "numpy.atleast_2d numpy.atleast_3d numpy.broadcast_arrays numpy.broadcast_shapes numpy.broadcast_to numpy.copy "
        "numpy.diagonal numpy.expand_dims numpy.flip numpy.lib._stride_tricks_impl.as_strided "
        "numpy.lib._stride_tricks_impl.sliding_window_view numpy.lib.stride_tricks.as_strided "
        "numpy.lib.stride_tricks.sliding_window_view numpy.linalg.diagonal numpy.linalg.matrix_transpose "
        "numpy.matrix_transpose numpy.moveaxis numpy.permute_dims numpy.ravel numpy.reshape numpy.rollaxis numpy.rot90 "
        "numpy.squeeze numpy.swapaxes numpy.transpose"
    ),
    "sorting": (
        "array.argsort array.searchsorted array.sort numpy.argsort numpy.bincount numpy.digitize numpy.histogram numpy.median "
        "numpy.searchsorted numpy.sort numpy.unique"
    ),
}

MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}
