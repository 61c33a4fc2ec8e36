"""N-body: the Sun and the outer planets, symplectic Euler steps."""

import math

import numpy as np

SOLAR_MASS = 4.0 * math.pi * math.pi
DAYS = 365.24


def energy(position, velocity, mass):
    total = 0.0
    count = len(mass)
    for i in range(count):
        square = velocity[i, 0] ** 2 + velocity[i, 1] ** 2 + velocity[i, 2] ** 2
        total += 0.5 * mass[i] * square
        for j in range(i + 1, count):
            dx = position[i, 0] - position[j, 0]
            dy = position[i, 1] - position[j, 1]
            dz = position[i, 2] - position[j, 2]
            total -= mass[i] * mass[j] / math.sqrt(dx * dx + dy * dy + dz * dz)
    return total


def advance(position, velocity, mass, dt):
    count = len(mass)
    for i in range(count):
        for j in range(i + 1, count):
            dx = position[i, 0] - position[j, 0]
            dy = position[i, 1] - position[j, 1]
            dz = position[i, 2] - position[j, 2]
            square = dx * dx + dy * dy + dz * dz
            magnitude = dt / (square * math.sqrt(square))
            velocity[i, 0] -= dx * mass[j] * magnitude
            velocity[i, 1] -= dy * mass[j] * magnitude
            velocity[i, 2] -= dz * mass[j] * magnitude
            velocity[j, 0] += dx * mass[i] * magnitude
            velocity[j, 1] += dy * mass[i] * magnitude
            velocity[j, 2] += dz * mass[i] * magnitude
    for i in range(count):
        for axis in range(3):
            position[i, axis] += dt * velocity[i, axis]


def simulate(start_position, start_velocity, mass, steps, dt, orbit_points):
    position = np.empty_like(start_position)
    velocity = np.empty_like(start_velocity)
    for i in range(len(mass)):
        for axis in range(3):
            position[i, axis] = start_position[i, axis]
            velocity[i, axis] = start_velocity[i, axis]
    orbits = np.zeros((orbit_points, len(mass), 2))
    before = energy(position, velocity, mass)
    stride = steps // orbit_points
    for step in range(steps):
        advance(position, velocity, mass, dt)
        if step % stride == 0 and step // stride < orbit_points:
            for i in range(len(mass)):
                orbits[step // stride, i, 0] = position[i, 0]
                orbits[step // stride, i, 1] = position[i, 1]
    return before, energy(position, velocity, mass), orbits


KERNELS = (energy, advance, simulate)
VECTORISED_BY_LLVM = False
TOLERANCE = 1e-9
SIZES = {"check": 600, "python": 20_000, "main": 800_000}


def make(steps):
    position = np.array(
        [
            [0.0, 0.0, 0.0],
            [4.84143144246472090, -1.16032004402742839, -0.103622044471123109],
            [8.34336671824457987, 4.12479856412430479, -0.403523417114321381],
            [12.8943695621391310, -15.1111514016986312, -0.223307578892655734],
            [15.3796971148509165, -25.9193146099879641, 0.179258772950371181],
        ]
    )
    velocity = DAYS * np.array(
        [
            [0.0, 0.0, 0.0],
            [1.66007664274403694e-3, 7.69901118419740425e-3, -6.90460016972063023e-5],
            [-2.76742510726411160e-3, 4.99852801234917238e-3, 2.30417297573763929e-5],
            [2.96460137564761618e-3, 2.37847173959480950e-3, -2.96589568540237556e-5],
            [2.68067772490389322e-3, 1.62824170038242295e-3, -9.51592254519715870e-5],
        ]
    )
    mass = SOLAR_MASS * np.array(
        [1.0, 9.54791938424326609e-4, 2.85885980666130812e-4, 4.36624404335156298e-5, 5.15138902046611451e-5]
    )
    velocity[0] = -(mass[1:, None] * velocity[1:]).sum(axis=0) / SOLAR_MASS
    return position, velocity, mass, steps, 0.01, 300


def work(steps):
    return steps


def check(args, result):
    before, after, _ = result
    assert abs(before - -0.169075164) < 1e-8  # the Computer Language Benchmarks Game's value
    assert abs(after - before) < 1e-3 * abs(before), after


def picture(args, result, path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 6))
    axes = figure.add_subplot()
    for body, name in enumerate(["Sun", "Jupiter", "Saturn", "Uranus", "Neptune"]):
        axes.plot(result[2][:, body, 0], result[2][:, body, 1], ".", markersize=2, label=name)
    axes.set_aspect("equal")
    axes.set_xlabel("astronomical units")
    axes.legend(loc="upper right")
    figure.savefig(path, dpi=110)
