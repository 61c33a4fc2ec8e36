"""What compiled code knows of cffi: registering modules and types."""

from looplift._cffi import map_type, register_module, register_type

__all__ = ["map_type", "register_module", "register_type"]
