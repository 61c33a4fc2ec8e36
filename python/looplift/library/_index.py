"""Which module of the library knows which name. One dict of strings: looking here imports nothing."""

_NAMES = {
    "applying": (
        "numpy.apply_along_axis numpy.apply_over_axes numpy.array_equiv numpy.block numpy.fromfunction numpy.fromiter "
        "numpy.packbits numpy.piecewise numpy.poly1d numpy.unpackbits numpy.vectorize"
    ),
    "attributes": (
        "array@ctypes array@data array@device array@flags numpy.isdtype numpy.may_share_memory numpy.shares_memory"
    ),
    "averages": (
        "statistics.correlation statistics.covariance statistics.fmean statistics.geometric_mean statistics.harmonic_mean "
        "statistics.mean statistics.median statistics.median_high statistics.median_low statistics.mode statistics.multimode "
        "statistics.pstdev statistics.pvariance statistics.quantiles statistics.stdev statistics.variance"
    ),
    "bins": (
        "option.histogram option.histogram_bin_edges numpy.histogramdd"
    ),
    "broadcasting": (
        "numpy.broadcast_arrays numpy.broadcast_shapes numpy.broadcast_to"
    ),
    "builtin": (
        "builtins.all builtins.any builtins.max builtins.min builtins.pow builtins.round builtins.sum namedtuple.count "
        "namedtuple.index tuple.count tuple.index"
    ),
    "bytestrings": (
        "builtins.bytearray builtins.memoryview builtins.str.maketrans"
    ),
    "calculus": (
        "numpy.interp"
    ),
    "cells": (
        "builtins.complex builtins.float builtins.int builtins.tuple"
    ),
    "choosing": "array.choose numpy.choose numpy.select numpy.where",
    "classes": (
        "builtins.super"
    ),
    "collecting": (
        "collections.Counter collections.namedtuple dict.__add__ dict.__and__ dict.__sub__ dict.elements dict.most_common dict.move_to_end dict.subtract dict.total dict.update list.appendleft list@maxlen "
        "list.extendleft list.popleft list.rotate"
    ),
    "comparing": (
        "numpy.allclose numpy.array_equal numpy.isclose"
    ),
    "complex_ufuncs": (
        "numpy.arccos numpy.arccosh numpy.arcsin numpy.arcsinh numpy.arctan numpy.arctanh numpy.exp2 numpy.expm1 numpy.greater "
        "numpy.greater_equal numpy.less numpy.less_equal numpy.log1p numpy.rint"
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
    "dates": (
        "general.arange general.datetime64 option.array option.asarray numpy.busday_count numpy.busday_offset numpy.is_busday time.array.clip "
        "time.numpy.clip"
    ),
    "debugging": (
        "builtins.breakpoint looplift._debugger.gdb looplift._debugger.gdb_breakpoint looplift._debugger.gdb_init"
    ),
    "dicts": (
        "builtins.dict builtins.dict.fromkeys dict.__delitem__ dict.__eq__ dict.__getitem__ dict.__ne__ dict.fromkeys dict.get dict.pop "
        "dict.popitem dict.setdefault dictview.__and__ dictview.__contains__ dictview.__eq__ dictview.__ge__ dictview.__le__ dictview.__ne__ "
        "dictview.__not_contains__ dictview.__or__ dictview.__sub__ dictview.__xor__"
    ),
    "distributions": (
        "generator.beta generator.binomial generator.chisquare generator.exponential generator.f generator.gamma "
        "generator.geometric generator.gumbel generator.hypergeometric generator.laplace generator.logistic "
        "generator.lognormal generator.logseries generator.negative_binomial generator.noncentral_chisquare "
        "generator.noncentral_f generator.normal generator.pareto generator.poisson generator.power generator.rayleigh "
        "generator.standard_cauchy generator.standard_t generator.triangular generator.uniform generator.vonmises "
        "generator.wald generator.weibull generator.zipf numpy.random.beta numpy.random.binomial numpy.random.chisquare "
        "numpy.random.exponential numpy.random.f numpy.random.gamma numpy.random.geometric numpy.random.gumbel "
        "numpy.random.hypergeometric numpy.random.laplace numpy.random.logistic numpy.random.lognormal numpy.random.logseries "
        "numpy.random.negative_binomial numpy.random.noncentral_chisquare numpy.random.noncentral_f numpy.random.normal "
        "numpy.random.pareto numpy.random.poisson numpy.random.power numpy.random.rayleigh numpy.random.standard_cauchy "
        "numpy.random.standard_exponential numpy.random.standard_gamma numpy.random.standard_normal numpy.random.standard_t "
        "numpy.random.triangular numpy.random.uniform numpy.random.vonmises numpy.random.wald numpy.random.weibull "
        "numpy.random.zipf"
    ),
    "dtypes": (
        "array.__array__ list.__array__ numpy.can_cast numpy.dtype numpy.finfo numpy.iinfo numpy.issubdtype numpy.promote_types numpy.result_type "
        "tuple.__array__"
    ),
    "einsums": (
        "numpy.einsum"
    ),
    "elementary": (
        "numpy.bitwise_count numpy.divmod numpy.fmod numpy.frexp numpy.i0 numpy.iscomplex numpy.iscomplexobj "
        "numpy.isneginf numpy.isposinf numpy.isreal numpy.isrealobj numpy.isscalar numpy.ldexp numpy.modf "
        "numpy.nan_to_num numpy.real_if_close numpy.sinc numpy.spacing"
    ),
    "enums": (
        "enum.__contains__ enum.__hash__ enum@name function.__call__ int_enum.__contains__ int_enum.__hash__ int_enum@name"
    ),
    "flags": (
        "general.bitwise_count general.divmod general.floor_divide general.fmod general.power general.reciprocal general.remainder"
    ),
    "fourier": (
        "numpy.fft.fft numpy.fft.fft2 numpy.fft.fftfreq numpy.fft.fftn numpy.fft.fftshift numpy.fft.hfft numpy.fft.ifft "
        "numpy.fft.ifft2 numpy.fft.ifftn numpy.fft.ifftshift numpy.fft.ihfft numpy.fft.irfft numpy.fft.irfft2 "
        "numpy.fft.irfftn numpy.fft.rfft numpy.fft.rfft2 numpy.fft.rfftfreq numpy.fft.rfftn"
    ),
    "functional": (
        "builtins.filter builtins.map functools.partial functools.reduce"
    ),
    "generator_random": (
        "generator.bytes generator.choice generator.dirichlet generator.integers generator.multinomial generator.multivariate_normal "
        "generator.permutation generator.permuted generator.random generator.spawn "
        "generator.shuffle generator.standard_exponential generator.standard_gamma generator.standard_normal "
        "numpy.random.default_rng"
    ),
    "grids": (
        "numpy.geomspace numpy.indices numpy.ix_ numpy.logspace numpy.meshgrid numpy.ravel_multi_index numpy.unravel_index numpy.vander"
    ),
    "groups": (
        "heapq.merge itertools.groupby itertools.tee itertools.zip_longest"
    ),
    "hashing": (
        "builtins.hash"
    ),
    "hashsets": (
        "dict.__contains__ dict.__ior__ dict.__not_contains__ dict.__or__ dict.clear dict.copy set.__and__ set.__contains__ "
        "set.__eq__ set.__ge__ set.__gt__ set.__iand__ set.__ior__ set.__isub__ set.__ixor__ set.__le__ set.__lt__ set.__ne__ "
        "set.__not_contains__ set.__or__ set.__sub__ set.__xor__ set.clear set.copy set.difference set.difference_update "
        "set.discard set.intersection set.intersection_update set.isdisjoint set.issubset set.issuperset set.pop set.remove "
        "set.symmetric_difference set.symmetric_difference_update set.union set.update"
    ),
    "heaps": (
        "bisect.bisect bisect.bisect_left bisect.bisect_right bisect.insort bisect.insort_left bisect.insort_right "
        "heapq.heapify heapq.heappop heapq.heappush heapq.heappushpop heapq.heapreplace heapq.nlargest heapq.nsmallest"
    ),
    "histograms": (
        "numpy.bincount numpy.histogram numpy.histogram2d numpy.histogram_bin_edges"
    ),
    "indexing": (
        "array.__getitem__ array.__set_flat__ array.__set_flat_item__ array.__setitem__"
    ),
    "inquiries": (
        "array.getfield numpy.base_repr numpy.binary_repr numpy.broadcast numpy.common_type numpy.fromstring numpy.isfortran "
        "numpy.iterable numpy.lib.array_utils.normalize_axis_index numpy.mintypecode numpy.require numpy.sort_complex "
        "numpy.typename"
    ),
    "iterating": (
        "dict.__reversed__ dictview.__reversed__ generator.__contains__ generator.__not_contains__ iterator.__contains__ "
        "iterator.__not_contains__"
    ),
    "iterators": (
        "builtins.chain.from_iterable itertools.accumulate itertools.chain itertools.chain.from_iterable itertools.combinations "
        "itertools.combinations_with_replacement itertools.compress itertools.count itertools.cycle itertools.dropwhile "
        "itertools.filterfalse itertools.islice itertools.pairwise itertools.permutations itertools.product itertools.repeat "
        "itertools.starmap itertools.takewhile"
    ),
    "joining": (
        "numpy.append numpy.array_split numpy.column_stack numpy.concatenate numpy.delete numpy.dsplit numpy.dstack "
        "numpy.hsplit numpy.hstack numpy.insert numpy.row_stack numpy.split numpy.stack numpy.vsplit numpy.vstack"
    ),
    "keywords": (
        "general.column_stack general.compress general.cov general.dstack general.einsum general.hstack general.digitize general.interp general.kron general.searchsorted "
        "general.isin general.linspace general.nanmax general.nanmin general.nanprod general.nansum general.percentile "
        "general.quantile general.trace general.unique general.vstack numpy.linalg.trace numpy.linalg.vecdot "
        "numpy.mask_indices numpy.matvec numpy.unstack numpy.unique_all numpy.unique_counts numpy.unique_inverse numpy.vecdot numpy.vecmat"
    ),
    "legacy_random": (
        "numpy.random.bytes numpy.random.choice numpy.random.dirichlet numpy.random.multinomial "
        "numpy.random.multivariate_normal numpy.random.permutation numpy.random.rand numpy.random.randint numpy.random.randn "
        "numpy.random.random numpy.random.random_integers numpy.random.random_sample numpy.random.ranf numpy.random.sample "
        "numpy.random.get_state numpy.random.seed numpy.random.set_state numpy.random.shuffle"
    ),
    "letters": (
        "array.__add__ array.__radd__ general.astype numpy.char.add numpy.char.center numpy.char.compare_chararrays "
        "numpy.char.decode numpy.char.encode numpy.char.equal numpy.char.greater numpy.char.greater_equal numpy.char.join "
        "numpy.char.less numpy.char.less_equal numpy.char.ljust numpy.char.multiply numpy.char.not_equal numpy.char.partition "
        "numpy.char.replace numpy.char.rjust numpy.char.rpartition numpy.char.translate numpy.char.zfill numpy.strings._join "
        "numpy.strings.add numpy.strings.center numpy.strings.decode numpy.strings.encode numpy.strings.equal "
        "numpy.strings.greater numpy.strings.greater_equal numpy.strings.less numpy.strings.less_equal numpy.strings.ljust "
        "numpy.strings.multiply numpy.strings.not_equal numpy.strings.replace numpy.strings.rjust numpy.strings.slice "
        "numpy.strings.translate numpy.strings.zfill"
    ),
    "linear": (
        "numpy.linalg.cholesky numpy.linalg.det numpy.linalg.inv numpy.linalg.slogdet numpy.linalg.solve "
        "scipy.linalg._matfuncs.expm"
    ),
    "lists": (
        "builtins.sorted list.__add__ list.__contains__ list.__delitem__ list.__eq__ list.__ge__ list.__getitem__ list.__gt__ "
        "list.__imul__ list.__le__ list.__lt__ list.__mul__ list.__ne__ list.__not_contains__ list.__rmul__ list.__setitem__ "
        "list._allocated list._is_mutable list._make_immutable list._make_mutable list.clear list.copy list.count "
        "list.getitem_unchecked list.index list.insert list.pop list.remove list.reverse list.sort list@_dtype"
    ),
    "manipulation": (
        "numpy.diag numpy.fliplr numpy.flipud"
    ),
    "mathematics": (
        "math.comb math.dist math.factorial math.fsum math.gcd math.hypot math.isclose math.isqrt math.lcm math.log math.perm "
        "math.prod math.sumprod math.ulp"
    ),
    "nan_reductions": (
        "numpy.nanargmax numpy.nanargmin numpy.nancumprod numpy.nancumsum numpy.nanmax numpy.nanmean numpy.nanmin "
        "numpy.nanprod numpy.nanstd numpy.nansum numpy.nanvar"
    ),
    "numeric": (
        "numpy.angle numpy.divide numpy.float_power numpy.floor_divide numpy.fmax numpy.fmin numpy.gcd numpy.heaviside "
        "numpy.lcm numpy.logaddexp numpy.logaddexp2 numpy.logical_and numpy.logical_not numpy.logical_or numpy.logical_xor "
        "numpy.maximum numpy.minimum numpy.mod numpy.power numpy.reciprocal numpy.remainder numpy.sign numpy.square "
        "numpy.true_divide"
    ),
    "operators": (
        "operator.abs operator.attrgetter operator.concat operator.contains operator.countOf operator.delitem operator.getitem "
        "operator.iadd operator.iand operator.iconcat operator.ifloordiv operator.ilshift operator.imatmul "
        "operator.imod operator.imul operator.index operator.indexOf operator.inv operator.ior operator.ipow operator.irshift "
        "operator.is_ operator.is_not operator.isub operator.itemgetter operator.itruediv operator.ixor operator.length_hint "
        "operator.matmul operator.not_ operator.setitem operator.truth"
    ),
    "options": (
        "option.fft.rfft2 option.fft.irfft2 option.fft.rfftn option.fft.irfftn option.average option.concatenate option.dstack option.column_stack option.meshgrid option.percentile option.quantile "
        "option.nanpercentile option.nanquantile option.__matmul__ option.choose option.compress option.dot option.matmul option.cross option.einsum option.fft.fft option.fft.hfft option.fft.ifft "
        "option.fft.ihfft option.fft.irfft option.fft.rfft option.gradient option.ix_ option.linalg.matrix_rank "
        "option.linalg.pinv option.linalg.svd option.poly option.polyfit option.ravel_multi_index option.std option.trim_zeros "
        "option.unique option.unravel_index option.var"
    ),
    "orders": (
        "array.astype array.byteswap array.copy array.flatten array.ravel array.reshape array.tobytes array.view "
        "numpy.asfortranarray numpy.astype numpy.copy numpy.frombuffer numpy.ravel numpy.reshape"
    ),
    "outputs": (
        "array.__repr__ array.__str__ array.dumps array.tofile numpy.array2string numpy.array_repr numpy.array_str "
        "numpy.datetime_as_string numpy.save numpy.savetxt"
    ),
    "padding": (
        "general.pad"
    ),
    "pointers": (
        "looplift._cfunc.carray looplift._cfunc.farray looplift._foreign.address_of pointer.__getitem__ pointer.__setitem__"
    ),
    "polynomials": (
        "numpy.poly numpy.polyadd numpy.polyder numpy.polydiv numpy.polyfit numpy.polyint numpy.polymul "
        "numpy.polynomial.polynomial.Polynomial numpy.polynomial.polynomial.polyadd numpy.polynomial.polynomial.polyder "
        "numpy.polynomial.polynomial.polydiv numpy.polynomial.polynomial.polyint numpy.polynomial.polynomial.polymul "
        "numpy.polynomial.polynomial.polysub numpy.polynomial.polynomial.polyval numpy.polynomial.polyutils.as_series "
        "numpy.polynomial.polyutils.trimseq numpy.polysub numpy.polyval numpy.roots"
    ),
    "products": (
        "array.__imatmul__ array.__matmul__ array.dot array.trace numpy.cross numpy.dot numpy.inner numpy.matmul numpy.outer numpy.trace "
        "numpy.vdot"
    ),
    "python_random": (
        "random.betavariate random.binomialvariate random.choice random.choices random.expovariate random.gammavariate "
        "random.gauss random.getrandbits random.lognormvariate random.normalvariate random.paretovariate random.randint "
        "random.random random.randrange random.sample random.seed random.shuffle random.triangular random.uniform "
        "random.vonmisesvariate random.weibullvariate"
    ),
    "random_objects": (
        "python_random.choice python_random.choices python_random.sample python_random.shuffle"
    ),
    "ranges": (
        "range.__contains__ range.__not_contains__"
    ),
    "records": (
        "array.__eq__ array.__ne__ record.__astuple__ record.__bool__ record.__eq__ record.__len__ record.__ne__ "
        "record.array.__getitem__ record.array.argsort record.array.sort record.item record.numpy.argsort record.numpy.sort "
        "record.numpy.unique"
    ),
    "reducing": (
        "array.ptp general.all general.amax general.amin general.any general.argmax general.argmin "
        "general.count_nonzero general.cumprod general.cumsum general.max general.mean general.min general.prod "
        "general.ptp general.std general.sum general.var numpy.cumulative_prod numpy.cumulative_sum"
    ),
    "reductions": (
        "array.all array.any array.argmax array.argmin array.cumprod array.cumsum array.max array.mean array.min array.prod "
        "array.std array.sum array.var numpy.all numpy.amax numpy.amin numpy.any numpy.argmax numpy.argmin "
        "numpy.count_nonzero numpy.cumprod numpy.cumsum numpy.max numpy.mean numpy.min numpy.prod numpy.ptp numpy.std "
        "numpy.sum numpy.var"
    ),
    "rounding": (
        "array.clip array.round numpy.around numpy.clip numpy.fix numpy.round numpy.round_"
    ),
    "selecting": (
        "array.__contains__ array.__not_contains__ array.compress array.item array.itemset array.nonzero array.put array.take "
        "boolean.item complex.item float.item integer.item numpy.argwhere numpy.compress numpy.copyto numpy.extract "
        "numpy.flatnonzero numpy.nonzero numpy.place numpy.put numpy.put_along_axis numpy.putmask numpy.take "
        "numpy.take_along_axis"
    ),
    "sequences": (
        "array.tolist general.array general.asarray general.full general.size numpy.asanyarray numpy.asarray_chkfinite "
        "object.__getitem__"
    ),
    "series": (
        "numpy.polynomial.chebyshev.chebadd numpy.polynomial.chebyshev.chebfit numpy.polynomial.chebyshev.chebgauss "
        "numpy.polynomial.chebyshev.chebpts1 numpy.polynomial.chebyshev.chebpts2 numpy.polynomial.chebyshev.chebsub "
        "numpy.polynomial.chebyshev.chebval numpy.polynomial.chebyshev.chebvander numpy.polynomial.hermite.hermadd "
        "numpy.polynomial.hermite.hermfit numpy.polynomial.hermite.hermgauss numpy.polynomial.hermite.hermsub "
        "numpy.polynomial.hermite.hermval numpy.polynomial.hermite.hermvander numpy.polynomial.hermite_e.hermeadd "
        "numpy.polynomial.hermite_e.hermefit numpy.polynomial.hermite_e.hermegauss numpy.polynomial.hermite_e.hermesub "
        "numpy.polynomial.hermite_e.hermeval numpy.polynomial.hermite_e.hermevander numpy.polynomial.laguerre.lagadd "
        "numpy.polynomial.laguerre.lagfit numpy.polynomial.laguerre.laggauss numpy.polynomial.laguerre.lagsub "
        "numpy.polynomial.laguerre.lagval numpy.polynomial.laguerre.lagvander numpy.polynomial.legendre.legadd "
        "numpy.polynomial.legendre.legfit numpy.polynomial.legendre.leggauss numpy.polynomial.legendre.legsub "
        "numpy.polynomial.legendre.legval numpy.polynomial.legendre.legvander numpy.polynomial.polynomial.polycompanion "
        "numpy.polynomial.polynomial.polyfit numpy.polynomial.polynomial.polyfromroots numpy.polynomial.polynomial.polygrid2d "
        "numpy.polynomial.polynomial.polygrid3d numpy.polynomial.polynomial.polyline numpy.polynomial.polynomial.polymulx "
        "numpy.polynomial.polynomial.polypow numpy.polynomial.polynomial.polyroots numpy.polynomial.polynomial.polyval2d "
        "numpy.polynomial.polynomial.polyval3d numpy.polynomial.polynomial.polyvalfromroots "
        "numpy.polynomial.polynomial.polyvander numpy.polynomial.polyutils.trimcoef"
    ),
    "sets": (
        "numpy.in1d numpy.intersect1d numpy.isin numpy.setdiff1d numpy.setxor1d numpy.union1d numpy.unique "
        "numpy.unique_values"
    ),
    "shaping": (
        "array.diagonal array.squeeze array.swapaxes array.transpose array@mT numpy.atleast_1d numpy.atleast_2d "
        "numpy.atleast_3d numpy.diagonal numpy.expand_dims numpy.flip numpy.lib._stride_tricks_impl.as_strided "
        "numpy.lib._stride_tricks_impl.sliding_window_view numpy.lib.stride_tricks.as_strided "
        "numpy.lib.stride_tricks.sliding_window_view numpy.linalg.diagonal numpy.linalg.matrix_transpose "
        "numpy.matrix_transpose numpy.moveaxis numpy.permute_dims numpy.rollaxis numpy.rot90 numpy.squeeze "
        "numpy.swapaxes numpy.transpose"
    ),
    "signals": (
        "numpy.convolve numpy.correlate numpy.diff numpy.ediff1d numpy.gradient numpy.trapezoid numpy.trapz numpy.unwrap"
    ),
    "slices": (
        "slice.indices slice@start slice@stop"
    ),
    "sorting": (
        "array.argpartition array.argsort array.partition array.searchsorted array.sort numpy.argpartition numpy.argsort "
        "numpy.digitize numpy.lexsort numpy.partition numpy.searchsorted numpy.sort"
    ),
    "spectra": (
        "numpy.linalg.cond numpy.linalg.eig numpy.linalg.eigh numpy.linalg.eigvals numpy.linalg.eigvalsh numpy.linalg.lstsq "
        "numpy.linalg.matrix_power numpy.linalg.matrix_rank numpy.linalg.norm numpy.linalg.pinv numpy.linalg.qr "
        "numpy.linalg.svd numpy.linalg.svdvals"
    ),
    "stacking": (
        "option.hstack option.stack option.vstack"
    ),
    "stacks": (
        "general.linalg.cholesky general.linalg.cond general.linalg.eig general.linalg.eigh general.linalg.eigvals "
        "general.linalg.eigvalsh general.linalg.matrix_power general.linalg.matrix_rank general.linalg.norm general.linalg.pinv "
        "general.linalg.qr general.linalg.slogdet general.linalg.solve general.linalg.svd general.linalg.svdvals "
        "numpy.linalg.cross numpy.linalg.matmul numpy.linalg.matrix_norm numpy.linalg.outer numpy.linalg.tensordot "
        "numpy.linalg.tensorinv numpy.linalg.tensorsolve numpy.linalg.vector_norm"
    ),
    "statistics": (
        "numpy.average numpy.corrcoef numpy.cov numpy.median numpy.nanmedian numpy.nanpercentile numpy.nanquantile "
        "numpy.percentile numpy.quantile"
    ),
    "structs": (
        "_struct.calcsize _struct.pack _struct.unpack _struct.unpack_from"
    ),
    "tensors": (
        "numpy.kron numpy.linalg.multi_dot numpy.tensordot"
    ),
    "texts": (
        "numpy.char.capitalize numpy.char.count numpy.char.endswith numpy.char.find numpy.char.index "
        "numpy.char.isalnum numpy.char.isalpha numpy.char.isdecimal numpy.char.isdigit numpy.char.islower numpy.char.isnumeric "
        "numpy.char.isspace numpy.char.istitle numpy.char.isupper numpy.char.lower numpy.char.lstrip numpy.char.rfind "
        "numpy.char.rindex numpy.char.rstrip numpy.char.startswith numpy.char.str_len numpy.char.strip numpy.char.swapcase "
        "numpy.char.title numpy.char.upper numpy.strings.capitalize numpy.strings.count numpy.strings.endswith "
        "numpy.strings.find numpy.strings.index numpy.strings.isalnum numpy.strings.isalpha numpy.strings.isdecimal "
        "numpy.strings.isdigit numpy.strings.islower numpy.strings.isnumeric numpy.strings.isspace numpy.strings.istitle "
        "numpy.strings.isupper numpy.strings.lower numpy.strings.lstrip numpy.strings.rfind numpy.strings.rindex "
        "numpy.strings.rstrip numpy.strings.startswith numpy.strings.str_len numpy.strings.strip numpy.strings.swapcase "
        "numpy.strings.title numpy.strings.upper"
    ),
    "threads": (
        "looplift._positions.position looplift._positions.range_of looplift._positions.shape_of "
        "looplift._threads.atomic_add looplift._threads.get_num_threads looplift._threads.get_parallel_chunksize looplift._threads.get_thread_id "
        "looplift._threads.parallel_chunksize looplift._threads.set_num_threads "
        "looplift._threads.set_parallel_chunksize"
    ),
    "tiling": (
        "array.repeat numpy.pad numpy.repeat numpy.resize numpy.roll numpy.tile numpy.trim_zeros"
    ),
    "time_arrays": (
        "time.array.amax time.array.amin time.array.argmax time.array.argmin time.array.argsort time.array.cumsum "
        "time.array.max time.array.mean time.array.min time.array.searchsorted time.array.sort time.array.sum "
        "time.numpy.all time.numpy.amax time.numpy.amin time.numpy.any time.numpy.argmax time.numpy.argmin "
        "time.numpy.argsort time.numpy.cumsum time.numpy.diff time.numpy.max time.numpy.mean time.numpy.median "
        "time.numpy.min time.numpy.searchsorted time.numpy.sort time.numpy.sum"
    ),
    "time_axes": (
        "time.array.__contains__ time.array.__not_contains__ time.general.amax time.general.amin time.general.argmax "
        "time.general.argmin time.general.cumsum time.general.diff time.general.max time.general.mean time.general.min "
        "time.general.ptp time.general.sum time.numpy.nanmax time.numpy.nanmin time.numpy.ones_like"
    ),
    "time_units": (
        "datetime.astype timedelta.astype"
    ),
    "times": (
        "datetime.__add__ datetime.__bool__ datetime.__eq__ datetime.__ge__ datetime.__gt__ datetime.__hash__ "
        "datetime.__le__ datetime.__lt__ datetime.__ne__ datetime.__radd__ datetime.__rsub__ datetime.__sub__ "
        "numpy.datetime64 numpy.isnat numpy.timedelta64 time.builtins.hash time.builtins.int time.builtins.max "
        "time.builtins.min time.numpy.divide time.numpy.fabs time.numpy.floor_divide time.numpy.fmax time.numpy.fmin "
        "time.numpy.isfinite time.numpy.isinf time.numpy.isnan time.numpy.maximum time.numpy.minimum time.numpy.mod "
        "time.numpy.remainder time.numpy.sign time.numpy.true_divide timedelta.__abs__ timedelta.__add__ "
        "timedelta.__bool__ timedelta.__divmod__ timedelta.__eq__ timedelta.__floordiv__ timedelta.__ge__ "
        "timedelta.__gt__ timedelta.__hash__ timedelta.__le__ timedelta.__lt__ timedelta.__mod__ timedelta.__mul__ "
        "timedelta.__ne__ timedelta.__neg__ timedelta.__pos__ timedelta.__radd__ timedelta.__rmul__ timedelta.__rsub__ "
        "timedelta.__sub__ timedelta.__truediv__"
    ),
    "triangles": (
        "numpy.diag_indices numpy.diag_indices_from numpy.diagflat numpy.fill_diagonal numpy.tri numpy.tril numpy.tril_indices "
        "numpy.tril_indices_from numpy.triu numpy.triu_indices numpy.triu_indices_from"
    ),
    "tuples": (
        "namedtuple.__contains__ namedtuple.__eq__ namedtuple.__ne__ namedtuple.__not_contains__ tuple.__contains__ tuple.__eq__ "
        "tuple.__ne__ tuple.__not_contains__"
    ),
    "ufunc_methods": (
        "general.absolute.at general.add.accumulate general.add.at general.add.reduce general.arccos.at general.arccosh.at "
        "general.arcsin.at general.arcsinh.at general.arctan.at general.arctan2.accumulate general.arctan2.at "
        "general.arctan2.reduce general.arctanh.at general.bitwise_and.accumulate general.bitwise_and.at "
        "general.bitwise_and.reduce general.bitwise_count.at general.bitwise_or.accumulate general.bitwise_or.at "
        "general.bitwise_or.reduce general.bitwise_xor.accumulate general.bitwise_xor.at general.bitwise_xor.reduce "
        "general.cbrt.at general.ceil.at general.conjugate.at general.copysign.accumulate general.copysign.at "
        "general.copysign.reduce general.cos.at general.cosh.at general.deg2rad.at general.degrees.at "
        "general.divide.accumulate general.divide.at general.divide.reduce general.equal.accumulate general.equal.at "
        "general.equal.reduce general.exp.at general.exp2.at general.expm1.at general.fabs.at general.float_power.accumulate "
        "general.float_power.at general.float_power.reduce general.floor.at general.floor_divide.accumulate "
        "general.floor_divide.at general.floor_divide.reduce general.fmax.accumulate general.fmax.at general.fmax.reduce "
        "general.fmin.accumulate general.fmin.at general.fmin.reduce general.fmod.accumulate general.fmod.at "
        "general.fmod.reduce general.gcd.accumulate general.gcd.at general.gcd.reduce general.greater.accumulate "
        "general.greater.at general.greater.reduce general.greater_equal.accumulate general.greater_equal.at "
        "general.greater_equal.reduce general.heaviside.accumulate general.heaviside.at general.heaviside.reduce "
        "general.hypot.accumulate general.hypot.at general.hypot.reduce general.invert.at general.isfinite.at general.isinf.at "
        "general.isnan.at general.isnat.at general.lcm.accumulate general.lcm.at general.lcm.reduce general.ldexp.accumulate "
        "general.ldexp.at general.ldexp.reduce general.left_shift.accumulate general.left_shift.at general.left_shift.reduce "
        "general.less.accumulate general.less.at general.less.reduce general.less_equal.accumulate general.less_equal.at "
        "general.less_equal.reduce general.log.at general.log10.at general.log1p.at general.log2.at "
        "general.logaddexp.accumulate general.logaddexp.at general.logaddexp.reduce general.logaddexp2.accumulate "
        "general.logaddexp2.at general.logaddexp2.reduce general.logical_and.accumulate general.logical_and.at "
        "general.logical_and.reduce general.logical_not.at general.logical_or.accumulate general.logical_or.at "
        "general.logical_or.reduce general.logical_xor.accumulate general.logical_xor.at general.logical_xor.reduce "
        "general.maximum.accumulate general.maximum.at general.maximum.reduce general.minimum.accumulate general.minimum.at "
        "general.minimum.reduce general.multiply.accumulate general.multiply.at general.multiply.reduce general.negative.at "
        "general.nextafter.accumulate general.nextafter.at general.nextafter.reduce general.not_equal.accumulate "
        "general.not_equal.at general.not_equal.reduce general.positive.at general.power.accumulate general.power.at "
        "general.power.reduce general.rad2deg.at general.radians.at general.reciprocal.at general.remainder.accumulate "
        "general.remainder.at general.remainder.reduce general.right_shift.accumulate general.right_shift.at "
        "general.right_shift.reduce general.rint.at general.sign.at general.signbit.at general.sin.at general.sinh.at "
        "general.spacing.at general.sqrt.at general.square.at general.subtract.accumulate general.subtract.at "
        "general.subtract.reduce general.tan.at general.tanh.at general.trunc.at"
    ),
    "ufuncs": (
        "numpy.absolute.at numpy.add.accumulate numpy.add.at numpy.add.outer numpy.add.reduce numpy.add.reduceat "
        "numpy.arccos.at numpy.arccosh.at numpy.arcsin.at numpy.arcsinh.at numpy.arctan.at numpy.arctan2.accumulate "
        "numpy.arctan2.at numpy.arctan2.outer numpy.arctan2.reduce numpy.arctan2.reduceat numpy.arctanh.at "
        "numpy.bitwise_and.accumulate numpy.bitwise_and.at numpy.bitwise_and.outer numpy.bitwise_and.reduce "
        "numpy.bitwise_and.reduceat numpy.bitwise_count.at numpy.bitwise_or.accumulate numpy.bitwise_or.at "
        "numpy.bitwise_or.outer numpy.bitwise_or.reduce numpy.bitwise_or.reduceat numpy.bitwise_xor.accumulate "
        "numpy.bitwise_xor.at numpy.bitwise_xor.outer numpy.bitwise_xor.reduce numpy.bitwise_xor.reduceat numpy.cbrt.at "
        "numpy.ceil.at numpy.conjugate.at numpy.copysign.accumulate numpy.copysign.at numpy.copysign.outer "
        "numpy.copysign.reduce numpy.copysign.reduceat numpy.cos.at numpy.cosh.at numpy.deg2rad.at numpy.degrees.at "
        "numpy.divide.accumulate numpy.divide.at numpy.divide.outer numpy.divide.reduce numpy.divide.reduceat "
        "numpy.equal.accumulate numpy.equal.at numpy.equal.outer numpy.equal.reduce numpy.equal.reduceat numpy.exp.at "
        "numpy.exp2.at numpy.expm1.at numpy.fabs.at numpy.float_power.accumulate numpy.float_power.at numpy.float_power.outer "
        "numpy.float_power.reduce numpy.float_power.reduceat numpy.floor.at numpy.floor_divide.accumulate "
        "numpy.floor_divide.at numpy.floor_divide.outer numpy.floor_divide.reduce numpy.floor_divide.reduceat "
        "numpy.fmax.accumulate numpy.fmax.at numpy.fmax.outer numpy.fmax.reduce numpy.fmax.reduceat numpy.fmin.accumulate "
        "numpy.fmin.at numpy.fmin.outer numpy.fmin.reduce numpy.fmin.reduceat numpy.fmod.accumulate numpy.fmod.at "
        "numpy.fmod.outer numpy.fmod.reduce numpy.fmod.reduceat numpy.gcd.accumulate numpy.gcd.at numpy.gcd.outer "
        "numpy.gcd.reduce numpy.gcd.reduceat numpy.greater.accumulate numpy.greater.at numpy.greater.outer "
        "numpy.greater.reduce numpy.greater.reduceat numpy.greater_equal.accumulate numpy.greater_equal.at "
        "numpy.greater_equal.outer numpy.greater_equal.reduce numpy.greater_equal.reduceat numpy.heaviside.accumulate "
        "numpy.heaviside.at numpy.heaviside.outer numpy.heaviside.reduce numpy.heaviside.reduceat numpy.hypot.accumulate "
        "numpy.hypot.at numpy.hypot.outer numpy.hypot.reduce numpy.hypot.reduceat numpy.invert.at numpy.isfinite.at "
        "numpy.isinf.at numpy.isnan.at numpy.isnat.at numpy.lcm.accumulate numpy.lcm.at numpy.lcm.outer numpy.lcm.reduce "
        "numpy.lcm.reduceat numpy.ldexp.accumulate numpy.ldexp.at numpy.ldexp.outer numpy.ldexp.reduce numpy.ldexp.reduceat "
        "numpy.left_shift.accumulate numpy.left_shift.at numpy.left_shift.outer numpy.left_shift.reduce "
        "numpy.left_shift.reduceat numpy.less.accumulate numpy.less.at numpy.less.outer numpy.less.reduce numpy.less.reduceat "
        "numpy.less_equal.accumulate numpy.less_equal.at numpy.less_equal.outer numpy.less_equal.reduce "
        "numpy.less_equal.reduceat numpy.log.at numpy.log10.at numpy.log1p.at numpy.log2.at numpy.logaddexp.accumulate "
        "numpy.logaddexp.at numpy.logaddexp.outer numpy.logaddexp.reduce numpy.logaddexp.reduceat numpy.logaddexp2.accumulate "
        "numpy.logaddexp2.at numpy.logaddexp2.outer numpy.logaddexp2.reduce numpy.logaddexp2.reduceat "
        "numpy.logical_and.accumulate numpy.logical_and.at numpy.logical_and.outer numpy.logical_and.reduce "
        "numpy.logical_and.reduceat numpy.logical_not.at numpy.logical_or.accumulate numpy.logical_or.at "
        "numpy.logical_or.outer numpy.logical_or.reduce numpy.logical_or.reduceat numpy.logical_xor.accumulate "
        "numpy.logical_xor.at numpy.logical_xor.outer numpy.logical_xor.reduce numpy.logical_xor.reduceat "
        "numpy.maximum.accumulate numpy.maximum.at numpy.maximum.outer numpy.maximum.reduce numpy.maximum.reduceat "
        "numpy.minimum.accumulate numpy.minimum.at numpy.minimum.outer numpy.minimum.reduce numpy.minimum.reduceat "
        "numpy.multiply.accumulate numpy.multiply.at numpy.multiply.outer numpy.multiply.reduce numpy.multiply.reduceat "
        "numpy.negative.at numpy.nextafter.accumulate numpy.nextafter.at numpy.nextafter.outer numpy.nextafter.reduce "
        "numpy.nextafter.reduceat numpy.not_equal.accumulate numpy.not_equal.at numpy.not_equal.outer numpy.not_equal.reduce "
        "numpy.not_equal.reduceat numpy.positive.at numpy.power.accumulate numpy.power.at numpy.power.outer numpy.power.reduce "
        "numpy.power.reduceat numpy.rad2deg.at numpy.radians.at numpy.reciprocal.at numpy.remainder.accumulate "
        "numpy.remainder.at numpy.remainder.outer numpy.remainder.reduce numpy.remainder.reduceat numpy.right_shift.accumulate "
        "numpy.right_shift.at numpy.right_shift.outer numpy.right_shift.reduce numpy.right_shift.reduceat numpy.rint.at "
        "numpy.sign.at numpy.signbit.at numpy.sin.at numpy.sinh.at numpy.spacing.at numpy.sqrt.at numpy.square.at "
        "numpy.subtract.accumulate numpy.subtract.at numpy.subtract.outer numpy.subtract.reduce numpy.subtract.reduceat "
        "numpy.tan.at numpy.tanh.at numpy.trunc.at ufunc.absolute ufunc.add ufunc.arccos ufunc.arccosh ufunc.arcsin "
        "ufunc.arcsinh ufunc.arctan ufunc.arctan2 ufunc.arctanh ufunc.bitwise_and ufunc.bitwise_count ufunc.bitwise_or "
        "ufunc.bitwise_xor ufunc.cbrt ufunc.ceil ufunc.conjugate ufunc.copysign ufunc.cos ufunc.cosh ufunc.deg2rad "
        "ufunc.degrees ufunc.divide ufunc.equal ufunc.exp ufunc.exp2 ufunc.expm1 ufunc.fabs ufunc.float_power ufunc.floor "
        "ufunc.floor_divide ufunc.fmax ufunc.fmin ufunc.fmod ufunc.gcd ufunc.greater ufunc.greater_equal ufunc.heaviside "
        "ufunc.hypot ufunc.invert ufunc.isfinite ufunc.isinf ufunc.isnan ufunc.isnat ufunc.lcm ufunc.ldexp ufunc.left_shift "
        "ufunc.less ufunc.less_equal ufunc.log ufunc.log10 ufunc.log1p ufunc.log2 ufunc.logaddexp ufunc.logaddexp2 "
        "ufunc.logical_and ufunc.logical_not ufunc.logical_or ufunc.logical_xor ufunc.maximum ufunc.minimum ufunc.multiply "
        "ufunc.negative ufunc.nextafter ufunc.not_equal ufunc.positive ufunc.power ufunc.rad2deg ufunc.radians "
        "ufunc.reciprocal ufunc.remainder ufunc.right_shift ufunc.rint ufunc.sign ufunc.signbit ufunc.sin ufunc.sinh "
        "ufunc.spacing ufunc.sqrt ufunc.square ufunc.subtract ufunc.tan ufunc.tanh ufunc.trunc"
    ),
    "windows": (
        "numpy.bartlett numpy.blackman numpy.hamming numpy.hanning numpy.kaiser"
    ),
}

MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}
