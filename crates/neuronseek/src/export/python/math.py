def power(h, order):
    """h to the power of a whole number."""
    result = h
    for _ in range(order - 1):
        result = result * h
    return result


def product(h, factors):
    """The product, element by element, of h @ factor over all factors."""
    result = h @ factors[0]
    for factor in factors[1:]:
        result = result * (h @ factor)
    return result


def embedding(h, inputs, bins, low, high, steps):
    """Piecewise linear functions of single inputs, by steps over bins from low to high."""
    share = np.clip((h[:, np.repeat(inputs, bins)] - low) / (high - low), 0, 1)
    ends = np.cumsum(bins)[:-1]
    parts = zip(np.split(share, ends, axis=1), np.split(steps, ends))
    return np.concatenate([part @ step for part, step in parts], axis=1)


def layer_norm(h, scale, shift):
    """Normalised over the units of each row."""
    h = h - h.mean(axis=1, keepdims=True)
    return h / np.sqrt((h * h).mean(axis=1, keepdims=True) + 1e-5) * scale + shift


def relu(h):
    return np.maximum(h, 0)


def sigmoid(h):
    return 1 / (1 + np.exp(-h))


def silu(h):
    return h * sigmoid(h)


def gelu(h):
    """h times the normal distribution function."""
    return h * 0.5 * (1 + erf(h / np.sqrt(2)))


def erf_series():
    """The function exp(x^2) erfc(x) for x from 0 to 6 as a polynomial of t = (16 / (2 + x) - 5) / 3,
    which runs from 1 to -1: interpolated from the standard library's erfc, which takes one number
    at a time. The highest power comes first."""

    def values(t):
        return np.array([math.exp(x * x) * math.erfc(x) for x in 16 / (5 + 3 * t) - 2])

    series = np.polynomial.chebyshev.chebinterpolate(values, 18)
    return np.polynomial.chebyshev.cheb2poly(series)[::-1]


ERF_SERIES = erf_series()


def erf(x):
    """The error function, to about 1e-14."""
    size = np.minimum(np.abs(x), 6.0)
    t = (16 / (2 + size) - 5) / 3
    series = np.full_like(t, ERF_SERIES[0])
    for coefficient in ERF_SERIES[1:]:
        series = series * t + coefficient
    return np.copysign(1 - np.exp(-size * size) * series, x)


def bent(inputs):
    """Scaled inputs, between -3 and 3, rounded to single precision, which networks were trained on."""
    z = np.clip((inputs - CENTER) / SCALE, -1e6, 1e6)
    z = np.where(BENT, z / np.sqrt(1 + (z / 3) ** 2), np.clip(inputs, -3, 3))
    return z.astype(np.float32).astype(np.float64)


def cut(inputs):
    """Scaled inputs, those of the formula alone."""
    return (np.clip(inputs[:, : len(SCALE)], LOW, HIGH) - SHIFT) / SCALE
