"""Index expressions for `tests/typing.rs`; the expected types are what Numba 0.68 gives (one-dimensional F is C)."""


def ix0(a, i):
    return a[0]

def ix1(a, i):
    return a[i]

def ix2(a, i):
    return a[1:]

def ix3(a, i):
    return a[::2]

def ix4(a, i):
    return a[:]

def ix5(a, i):
    return a[...]

def ix6(a, i):
    return a[None]

def ix7(a, i):
    return a[...,0]

def ix8(a, i):
    return a[0,...]

def ix9(a, i):
    return a[1:,...]

def ix10(a, i):
    return a[...,1:]

def ix11(a, i):
    return a[0,1]

def ix12(a, i):
    return a[0,1:]

def ix13(a, i):
    return a[1:,0]

def ix14(a, i):
    return a[:,0]

def ix15(a, i):
    return a[0,:]

def ix16(a, i):
    return a[:,:]

def ix17(a, i):
    return a[1:,1:]

def ix18(a, i):
    return a[None,0]

def ix19(a, i):
    return a[0,None]

def ix20(a, i):
    return a[None,:,0]

def ix21(a, i):
    return a[0,1,2]

def ix22(a, i):
    return a[0,1,1:]

def ix23(a, i):
    return a[0,1:,2]

def ix24(a, i):
    return a[1:,0,0]

def ix25(a, i):
    return a[...,0,1]

def ix26(a, i):
    return a[0,...,1]

def ix27(a, i):
    return a[0,1:,:]

def ix28(a, i):
    return a[:,0,0]

def ix29(a, i):
    return a[:,:,0]

def ix30(a, i):
    return a[1:2,None]

def ix31(a, i):
    return a[0,::1]

def ix32(a, i):
    return a.T

def ix33(a, i):
    return a.copy()

def ix34(a, i):
    return a[i,...]

def ix35(a, i):
    return a[:,None]

