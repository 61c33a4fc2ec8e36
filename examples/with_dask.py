"""looplift under dask: a ufunc on the blocks of an array, and a stencil on overlapping blocks, on a cluster of processes.

Run it with `python examples/with_dask.py`; it needs the packages `dask` and `distributed`.
"""

import numpy as np
from looplift import njit, stencil, vectorize


@vectorize(["float64(float64, float64)"])
def logistic(x, r):
    for _ in range(20):
        x = r * x * (1.0 - x)
    return x


@stencil
def five_points(a):
    return 0.25 * (a[0, 1] + a[1, 0] + a[0, -1] + a[-1, 0]) - a[0, 0]


@njit
def laplacian(block):
    return five_points(block)


def run(client=None):
    """What dask makes of the blocks, and what NumPy and one process make of the whole: pairs that are alike."""
    import dask.array as da

    whole = np.random.default_rng(1).random((300, 400))
    blocks = da.from_array(whole, chunks=(100, 200))
    get = client.get if client is not None else "synchronous"
    by_ufunc = da.map_blocks(logistic, blocks, 3.7, dtype=np.float64).compute(scheduler=get)
    called = logistic(blocks, 3.7).compute(scheduler=get)
    by_stencil = blocks.map_overlap(laplacian, depth=1, boundary="none", dtype=np.float64).compute(scheduler=get)
    # Blocks at the edge of the whole have no neighbours there: the stencil leaves a border of zeros, as on the whole.
    return [(by_ufunc, logistic(whole, 3.7)), (called, logistic(whole, 3.7)), (by_stencil, laplacian(whole))]


def main():
    from dask.distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster, Client(cluster) as client:
        for n, (got, expected) in enumerate(run(client)):
            print(n, np.array_equal(got, expected))


if __name__ == "__main__":
    main()
