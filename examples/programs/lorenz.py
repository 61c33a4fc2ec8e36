"""Lorenz attractor: fourth-order Runge-Kutta with tuples."""

import numpy as np


def slope(x, y, z, sigma, rho, beta):
    return sigma * (y - x), x * (rho - z) - y, x * y - beta * z


def rk4(x, y, z, dt, sigma, rho, beta):
    a = slope(x, y, z, sigma, rho, beta)
    h = 0.5 * dt
    b = slope(x + h * a[0], y + h * a[1], z + h * a[2], sigma, rho, beta)
    c = slope(x + h * b[0], y + h * b[1], z + h * b[2], sigma, rho, beta)
    d = slope(x + dt * c[0], y + dt * c[1], z + dt * c[2], sigma, rho, beta)
    w = dt / 6.0
    return (
        x + w * (a[0] + 2.0 * b[0] + 2.0 * c[0] + d[0]),
        y + w * (a[1] + 2.0 * b[1] + 2.0 * c[1] + d[1]),
        z + w * (a[2] + 2.0 * b[2] + 2.0 * c[2] + d[2]),
    )


def lorenz(steps, dt, sigma=10.0, rho=28.0, beta=8.0 / 3.0):
    path = np.empty((steps, 3))
    x, y, z = 1.0, 1.0, 1.0
    for i in range(steps):
        x, y, z = rk4(x, y, z, dt, sigma, rho, beta)
        path[i, 0] = x
        path[i, 1] = y
        path[i, 2] = z
    return path


KERNELS = (slope, rk4, lorenz)
VECTORISED_BY_LLVM = False
SIZES = {"check": 500, "python": 100_000, "main": 2_000_000}


def make(steps):
    return steps, 0.002


def work(steps):
    return steps


def check(args, result):
    steps, dt = args
    assert np.isfinite(result).all() and np.abs(result).max() < 60.0
    # The first second agrees with SciPy's integrator.
    from scipy.integrate import solve_ivp

    def slopes(_, p):
        return [10.0 * (p[1] - p[0]), p[0] * (28.0 - p[2]) - p[1], p[0] * p[1] - 8.0 / 3.0 * p[2]]

    solution = solve_ivp(slopes, (0.0, dt * 400), [1.0, 1.0, 1.0], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(result[399], solution.y[:, -1], rtol=1e-5)


def picture(args, result, path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5))
    axes = figure.add_subplot()
    axes.plot(result[:60_000, 0], result[:60_000, 2], linewidth=0.3, color="navy")
    axes.set_axis_off()
    figure.savefig(path, dpi=110)
