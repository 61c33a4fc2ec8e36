from collections.abc import Callable, Iterator
from typing import Any, TypeVar, overload

from looplift import config as config
from looplift import errors as errors
from looplift import extending as extending
from looplift import types as types
from looplift._core import CPUDispatcher, Type
from looplift._core import __version__ as __version__

_T = TypeVar("_T")


@overload
def jit(signature_or_function: Callable[..., Any], /, **options: Any) -> CPUDispatcher: ...
@overload
def jit(
    signature_or_function: Any = None,
    locals: dict[str, Any] = ...,
    cache: bool = False,
    pipeline_class: Any = None,
    boundscheck: bool | None = None,
    **options: Any,
) -> Callable[[Callable[..., Any]], CPUDispatcher]: ...
@overload
def njit(signature_or_function: Callable[..., Any], /, **options: Any) -> CPUDispatcher: ...
@overload
def njit(signature_or_function: Any = None, **options: Any) -> Callable[[Callable[..., Any]], CPUDispatcher]: ...
def guvectorize(*args: Any, **kwargs: Any) -> Any: ...
def carray(ptr: Any, shape: Any, dtype: Any = None) -> Any: ...
def cfunc(sig: Any, locals: dict[str, Any] = ..., cache: bool = False, pipeline_class: Any = None, **options: Any) -> Any: ...
def farray(ptr: Any, shape: Any, dtype: Any = None) -> Any: ...
def stencil(func_or_mode: Any = "constant", **options: Any) -> Any: ...
def vectorize(ftylist_or_function: Any = (), **kws: Any) -> Any: ...
def jit_module(**options: Any) -> None: ...
def typeof(value: Any) -> Type: ...
def from_dtype(dtype: Any) -> Type: ...
def as_numba_type(annotation: Any) -> Type: ...
def signature(return_type: Type | None, *args: Type) -> Any: ...
def optional(inner: Type, /) -> Type: ...
def deferred_type() -> Any: ...
def literally(obj: _T) -> _T: ...
def literal_unroll(container: _T) -> _T: ...
def gdb(*args: Any) -> Any: ...
def gdb_init(*args: Any) -> Any: ...
def gdb_breakpoint() -> None: ...

version_info: tuple[Any, ...]
ffi: Any
ffi_forced_object: Any
pyobject: Any
voidptr: Any

def atomic_add(array: Any, index: int | tuple[int, ...], value: Any) -> Any: ...
prange = range

class pndindex:
    def __new__(cls, *shape: int | tuple[int, ...]) -> Iterator[tuple[int, ...]]: ...

b1: Type
bool_: Type
boolean: Type
byte: Type
c8: Type
c16: Type
char: Type
complex64: Type
complex128: Type
double: Type
f4: Type
f8: Type
float32: Type
float64: Type
float_: Type
i1: Type
i2: Type
i4: Type
i8: Type
int8: Type
int16: Type
int32: Type
int64: Type
int_: Type
intc: Type
intp: Type
long_: Type
longlong: Type
none: Type
short: Type
size_t: Type
ssize_t: Type
u1: Type
u2: Type
u4: Type
u8: Type
uchar: Type
uint: Type
uint8: Type
uint16: Type
uint32: Type
uint64: Type
uintc: Type
uintp: Type
ulong: Type
ulonglong: Type
ushort: Type
void: Type
