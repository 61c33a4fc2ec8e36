"""Modules made ahead of time in packages: `CC.distutils_extension` for ``ext_modules`` of setuptools."""

import os


def extension(cc, kwargs):
    """The `Extension` of a `CC`, and a `build_ext` that knows what to do with it."""
    from setuptools import Extension
    from setuptools.command.build_ext import build_ext

    _teach(build_ext)
    package = kwargs.pop("package", None)
    name = kwargs.pop("name", None) or (f"{package}.{cc.name}" if package else cc.name)
    made = Extension(name=name, sources=[], **kwargs)
    made._looplift_cc = cc
    return made


def _teach(build_ext):
    """Lets `build_ext` write modules that are made ahead of time; others are built as ever."""
    if getattr(build_ext, "_looplift", False):
        return
    plain_build, plain_name = build_ext.build_extension, build_ext.get_ext_filename

    def found(self, fullname):
        for e in self.extensions or ():
            if getattr(e, "_looplift_cc", None) is not None and fullname in (e.name, e.name.rpartition(".")[2], getattr(e, "_full_name", None)):
                return e
        return None

    def build_extension(self, ext):
        cc = getattr(ext, "_looplift_cc", None)
        if cc is None:
            return plain_build(self, ext)
        return cc._write(self.get_ext_fullpath(ext.name))

    def get_ext_filename(self, fullname):
        if found(self, fullname) is None:
            return plain_name(self, fullname)
        return os.path.join(*fullname.split(".")) + ".py"

    build_ext.build_extension, build_ext.get_ext_filename, build_ext._looplift = build_extension, get_ext_filename, True
