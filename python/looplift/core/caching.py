"""The cache on disk under Numba's names."""

from looplift._cache import (
    Cache,
    InTreeCacheLocator,
    IPythonCacheLocator,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
    ZipCacheLocator,
)

FunctionCache = Cache
_InTreeCacheLocator = InTreeCacheLocator
_IPythonCacheLocator = IPythonCacheLocator
_UserProvidedCacheLocator = UserProvidedCacheLocator
_UserWideCacheLocator = UserWideCacheLocator
_ZipCacheLocator = ZipCacheLocator

__all__ = [
    "Cache",
    "FunctionCache",
    "IPythonCacheLocator",
    "InTreeCacheLocator",
    "UserProvidedCacheLocator",
    "UserWideCacheLocator",
    "ZipCacheLocator",
]
