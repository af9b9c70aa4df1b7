"""How many orders customers will make, and of what value: BG/NBD and MBG/NBD with Gamma-Gamma, over counted groups of customers.

Sources: P. Fader, B. Hardie, K. Lee, "Counting Your Customers the Easy Way", Marketing Science 24 (2005), equations 6, 9 and 10;
E. Batislam, M. Denizel, A. Filiztekin, IJRM 24 (2007) for MBG/NBD; P. Fader, B. Hardie, "The Gamma-Gamma Model of Monetary Value" (2013).
Time is in any one unit: rates are per that unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

Doubles = NDArray[np.float64]

SMALLEST, LARGEST = 1e-4, 1e5
"""Parameters are looked for between these; one that ends at either says that the data does not tell it."""


@dataclass(frozen=True)
class Histories:
    """Customers with equal histories as one row, each array (groups,).

    repeats: orders after the first; last: time from the first order to the last one; observed: time from the first order to the end of
    what is known; customers: how many there are of the kind.
    """

    repeats: Doubles
    last: Doubles
    observed: Doubles
    customers: Doubles


def histories(repeats: Doubles, last: Doubles, observed: Doubles) -> Histories:
    """Customers' histories, (customers,) each, with equal ones counted: most ordered once, and only their age tells them apart."""
    rows, counts = np.unique(np.column_stack([repeats, last, observed]), axis=0, return_counts=True)
    return Histories(rows[:, 0], rows[:, 1], rows[:, 2], counts.astype(np.float64))


@dataclass(frozen=True)
class Purchases:
    """Parameters of BG/NBD (or MBG/NBD where `is_modified`): order rates are gamma(r, rate alpha) over customers, and after an order
    a customer leaves with a probability that is beta(a, b). In MBG/NBD one may also leave right after the first order."""

    r: float
    alpha: float
    a: float
    b: float
    is_modified: bool
    log_likelihood: float

    @property
    def is_settled(self) -> bool:
        """Whether all parameters lie within the bounds of the search."""
        return all(SMALLEST * 1.01 < one < LARGEST * 0.99 for one in (self.r, self.alpha, self.a, self.b))

    def alive(self, repeats: Doubles, last: Doubles, observed: Doubles) -> Doubles:
        """The probability that a customer has not left. Arrays (n,) to (n,).

        BG/NBD says 1 of everybody who ordered once, as one leaves only after a further order: no rank of risk for them.
        """
        # Odds of having left at the last order, from the two ways to have this history.
        gone = (self.r + repeats) * np.log((self.alpha + observed) / (self.alpha + last))
        if self.is_modified:
            gone = gone + np.log(self.a / (self.b + repeats))
            return 1.0 / (1.0 + np.exp(np.minimum(gone, 700.0)))
        gone = gone + np.log(self.a) - np.log(self.b + np.maximum(repeats, 1.0) - 1.0)
        return np.where(repeats > 0, 1.0 / (1.0 + np.exp(np.minimum(gone, 700.0))), 1.0)

    def expected(self, horizon: float, repeats: Doubles, last: Doubles, observed: Doubles) -> Doubles:
        """Orders that are expected within `horizon` after what is known. Arrays (n,) to (n,)."""
        begun = 1.0 if self.is_modified else 0.0
        first = self.r + repeats
        second = self.b + repeats + begun
        third = self.a + self.b + repeats + begun - 1.0
        share = horizon / (self.alpha + observed + horizon)
        shrunk = ((self.alpha + observed) / (self.alpha + observed + horizon)) ** first
        count = third / (self.a - 1.0) * (1.0 - shrunk * hyp2f1(first, second, third, share))
        return np.maximum(count, 0.0) * self.alive(repeats, last, observed)


def log_likelihood(parameters: Doubles, histories: Histories, is_modified: bool) -> float:
    """The logarithm of the likelihood of all customers, at (r, alpha, a, b)."""
    r, alpha, a, b = parameters
    repeats, last, observed = histories.repeats, histories.last, histories.observed
    common = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + repeats + is_modified) - betaln(a, b) - (r + repeats) * np.log(alpha + observed)
    with np.errstate(divide="ignore"):
        gone = betaln(a + 1, np.maximum(b + repeats - 1 + is_modified, 1e-300)) - betaln(a, b)
        gone = gone - (r + repeats) * np.log(alpha + last)
    could_have_left = is_modified | (repeats > 0)
    each = np.where(could_have_left, np.logaddexp(alive, gone), alive)
    return float(np.sum(histories.customers * (common + each)))


def fit_purchases(histories: Histories, is_modified: bool) -> Purchases:
    """Maximum likelihood, from several starts. ValueError where no customer came back: then nothing tells the rates apart."""
    if not np.any(histories.repeats > 0):
        raise ValueError("nobody ordered on a second day")
    # In units of the mean observed time all parameters are of similar size, which the search likes.
    unit = float(np.average(histories.observed, weights=histories.customers)) or 1.0
    scaled = Histories(histories.repeats, histories.last / unit, histories.observed / unit, histories.customers)
    count = float(np.sum(histories.customers))

    def loss(logs: Doubles) -> float:
        return -log_likelihood(np.exp(logs), scaled, is_modified) / count

    bounds = [(np.log(SMALLEST), np.log(LARGEST))] * 4
    starts = ((0.5, 0.5, 0.7, 2.0), (1.0, 1.0, 1.0, 1.0), (0.2, 0.1, 0.3, 3.0))
    rough, precise = {"ftol": 1e-9}, {"ftol": 1e-15, "gtol": 1e-8}
    found = [minimize(loss, np.log(start), method="L-BFGS-B", bounds=bounds, options=rough) for start in starts]
    nearest = min(found, key=lambda one: one.fun).x
    best = minimize(loss, nearest, method="L-BFGS-B", bounds=bounds, options=precise)
    r, alpha, a, b = (float(one) for one in np.exp(best.x))
    total = log_likelihood(np.array([r, alpha * unit, a, b]), histories, is_modified)
    return Purchases(r, alpha * unit, a, b, is_modified, total)


@dataclass(frozen=True)
class Values:
    """Parameters of Gamma-Gamma: an order's amount is gamma(p, rate nu), nu is gamma(q, rate gamma) over customers."""

    p: float
    q: float
    gamma: float
    log_likelihood: float

    def expected(self, orders: Doubles, mean_amount: Doubles) -> Doubles:
        """The mean amount of a customer's further orders, between the own mean and everybody's. Arrays (n,) to (n,).

        Where q is 1 or less everybody's mean does not exist: then it is the own mean.
        """
        if self.q <= 1:
            return mean_amount
        return self.p * (self.gamma + orders * mean_amount) / (self.p * orders + self.q - 1.0)


def value_log_likelihood(parameters: Doubles, orders: Doubles, mean_amount: Doubles, customers: Doubles) -> float:
    """The logarithm of the likelihood of the mean amounts, at (p, q, gamma)."""
    p, q, gamma = parameters
    shape = p * orders
    each = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma)
        + (shape - 1) * np.log(mean_amount) + shape * np.log(orders) - (shape + q) * np.log(gamma + orders * mean_amount)
    )  # fmt: skip
    return float(np.sum(customers * each))


def fit_values(orders: Doubles, mean_amount: Doubles, customers: Doubles) -> Values:
    """Maximum likelihood over customers with an amount above 0. ValueError where nobody has one."""
    if not orders.size or not np.all(mean_amount > 0):
        raise ValueError("no customer has orders of an amount above 0")
    unit = float(np.average(mean_amount, weights=customers))
    count = float(np.sum(customers))

    def loss(logs: Doubles) -> float:
        return -value_log_likelihood(np.exp(logs), orders, mean_amount / unit, customers) / count

    bounds = [(np.log(SMALLEST), np.log(LARGEST))] * 3
    found = [
        minimize(loss, np.log(start), method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14})
        for start in ((2.0, 3.0, 2.0), (6.0, 4.0, 0.5))
    ]
    best = min(found, key=lambda one: one.fun)
    p, q, gamma = (float(one) for one in np.exp(best.x))
    total = value_log_likelihood(np.array([p, q, gamma * unit]), orders, mean_amount, customers)
    return Values(p, q, gamma * unit, total)
