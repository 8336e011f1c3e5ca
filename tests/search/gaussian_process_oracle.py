"""Writes gaussian_process_golden.hpp, the reference values of the tests of the Gaussian process.

python3 gaussian_process_oracle.py (needs NumPy and SciPy). The normal distribution is summed in decimals of 500 digits; the
likelihood of the regression is SciPy's density of a multivariate normal; that of the classification, and the probabilities
it predicts, are numerical integrals over the latent values themselves, which expectation propagation approximates.
"""

import decimal
import pathlib

import numpy as np
from scipy.stats import multivariate_normal, norm

decimal.getcontext().prec = 500
D = decimal.Decimal


def pi():
    """Machin's formula."""
    def arctan_of_inverse(n):
        term, total, k = D(1) / n, D(0), 0
        while abs(term) > D(10) ** -490:
            total += term / (2 * k + 1) * (-1) ** k
            term /= n * n
            k += 1
        return total
    return 4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239))


PI = pi()


def density(z):
    return (-z * z / 2).exp() / (2 * PI).sqrt()


def cdf(z):
    """1/2 + phi(z) (z + z^3 / 3 + z^5 / 15 + ...): every digit that cancels for negative z is there to be lost."""
    term, total, k = z, D(0), 3
    while abs(term) > D(10) ** -495:
        total += term
        term *= z * z / k
        k += 2
    return D(1) / 2 + density(z) * total


def normal_rows():
    for z in [-30.0, -12.5, -6.0, -3.5, -3.0000001, -3.0, -2.9, -1.0, -1e-3, 0.0, 0.5, 2.0, 3.0, 3.1, 8.0]:
        exact = D(z)
        yield z, cdf(exact).ln(), density(exact) / cdf(exact), (density(exact) + exact * cdf(exact)).ln(), \
            cdf(exact) / (density(exact) + exact * cdf(exact))


def matern(a, b, lengths, variance):
    s = np.sqrt(5 * np.sum(((a[:, None, :] - b[None, :, :]) / lengths) ** 2, axis=2))
    return variance * (1 + s + s * s / 3) * np.exp(-s)


def numbers(values):
    return "{" + ", ".join(float(value).hex() for value in np.asarray(values).ravel()) + "}"


def main():
    generator = np.random.default_rng(20261125)
    lines = ["// Written by gaussian_process_oracle.py.", "// clang-format off", "#pragma once", "", "#include <vector>", "",
             "namespace eigentune::golden {", "", "/// ln Phi, its slope, ln h, its slope: see normal_distribution.hpp.",
             "struct Normal {", "  double z, log_cdf, log_cdf_slope, log_excess, log_excess_slope;", "};",
             "inline const std::vector<Normal> normal = {"]
    lines += ["    " + numbers(row) + "," for row in normal_rows()]
    lines += ["};", "", "/// Twelve points of three features, the last two of which share a length; row by row."]

    n = 12
    x = generator.uniform(size=(n, 3))
    chosen = generator.integers(2, size=n)
    x[:, 1] = np.where(chosen == 0, np.sqrt(0.5), 0.0)
    x[:, 2] = np.where(chosen == 1, np.sqrt(0.5), 0.0)
    y = np.sin(5 * x[:, 0]) + 0.7 * chosen + 0.05 * generator.normal(size=n)
    theta = np.array([-0.7, 0.4, 0.9, -4.0])  # ln of two lengths, of the variance, of the noise's variance
    lengths = np.exp([theta[0], theta[1], theta[1]])
    noise = np.exp(theta[3]) + 1e-11 * np.exp(theta[2])
    k = matern(x, x, lengths, np.exp(theta[2]))
    ky = k + noise * np.eye(n)
    ones = np.ones(n)
    mean = ones @ np.linalg.solve(ky, y) / (ones @ np.linalg.solve(ky, ones))
    at = np.array([[0.3, np.sqrt(0.5), 0.0], [0.9, 0.0, np.sqrt(0.5)], [0.05, np.sqrt(0.5), 0.0]])
    ks = matern(x, at, lengths, np.exp(theta[2]))
    predicted = mean + ks.T @ np.linalg.solve(ky, y - mean)
    variances = np.exp(theta[2]) - np.sum(ks * np.linalg.solve(ky, ks), axis=0)
    # The first of `at` is pending: in a world where its outcome is one and a half deviations above what is expected, that
    # outcome is a datum like any other, at the same prior mean.
    outcome = predicted[0] + 1.5 * np.sqrt(variances[0] + noise)
    x_more, y_more = np.vstack([x, at[:1]]), np.append(y, outcome)
    k_more = matern(x_more, x_more, lengths, np.exp(theta[2])) + noise * np.eye(n + 1)
    ks_more = matern(x_more, at, lengths, np.exp(theta[2]))
    world = mean + ks_more.T @ np.linalg.solve(k_more, y_more - mean)
    world_variances = np.exp(theta[2]) - np.sum(ks_more * np.linalg.solve(k_more, ks_more), axis=0)
    lines += [f"inline const std::vector<double> points = {numbers(x)};",
              f"inline const std::vector<double> values = {numbers(y)};",
              f"inline const std::vector<double> theta = {numbers(theta)};",
              f"inline const std::vector<double> covariance = {numbers(k)};",
              f"inline constexpr double log_likelihood = "
              f"{multivariate_normal(mean * ones, ky).logpdf(y).hex()};",
              "/// Three other points, and mean and variance there; and if the outcome at the first were 1.5 deviations above.",
              f"inline const std::vector<double> places = {numbers(at)};",
              f"inline const std::vector<double> means = {numbers(predicted)};",
              f"inline const std::vector<double> variances = {numbers(variances)};",
              f"inline const std::vector<double> world_means = {numbers(world)};",
              f"inline const std::vector<double> world_variances = {numbers(world_variances)};", ""]

    # Two labels, so that the integrals over the latent values are double ones.
    xs = np.array([[0.2], [0.6]])
    labels = np.array([1.0, -1.0])
    place = np.array([[0.35]])
    lines += ["/// Classification of a point labelled 1 at 0.2 and one labelled -1 at 0.6: likelihood, and P(feasible) at 0.35,",
              "/// integrated numerically.", "struct Labels {", "  double length, variance, likelihood, probability;", "};",
              "inline const std::vector<Labels> labels = {"]
    for length, variance in [(0.5, 1.0), (0.3, 4.0), (0.5, 40.0)]:
        k = matern(xs, xs, np.array([length]), variance)
        ks = matern(xs, place, np.array([length]), variance)[:, 0]
        weights = np.linalg.solve(k, ks)
        spread = variance - ks @ weights
        prior = multivariate_normal(np.zeros(2), k)
        axis = np.linspace(-9, 9, 2001) * np.sqrt(variance)  # the trapezoidal rule: exact for what ends as smoothly as this
        a, b = np.meshgrid(axis, axis, indexing="ij")
        mass = norm.cdf(labels[0] * a) * norm.cdf(labels[1] * b) * prior.pdf(np.stack([a, b], axis=-1))
        likelihood = mass.sum() * (axis[1] - axis[0]) ** 2
        probability = (mass * norm.cdf((weights[0] * a + weights[1] * b) / np.sqrt(1 + spread))).sum() / mass.sum()
        lines.append("    " + numbers([length, variance, likelihood, probability]) + ",")
    lines += ["};", "", "}  // namespace eigentune::golden", ""]
    pathlib.Path(__file__).with_name("gaussian_process_golden.hpp").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
