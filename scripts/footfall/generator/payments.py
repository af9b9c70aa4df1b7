"""Attempts to pay: which gateway and method, what came of it, whether people try again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from footfall.generator.pools import METHOD_SHARES
from footfall.generator.settings import Settings
from footfall.generator.visits import Visits

RESULTS = ("approved", "declined", "error", "timeout", "abandoned")
APPROVED, DECLINED, ERROR, TIMEOUT, ABANDONED = range(5)
FAILURE_SHARES = (0.68, 0.14, 0.10, 0.08)
FAILURE_REASONS = (
    "insufficient_funds",
    "card_declined",
    "expired_card",
    "suspected_fraud",
    "gateway_error",
    "network_error",
    "gateway_timeout",
    "user_abandoned",
)
# the reasons that go with each result: first and number of them
REASON_FIRST = np.array([0, 0, 4, 6, 7])
REASON_COUNT = np.array([1, 4, 2, 1, 1])
MAX_ATTEMPTS = 12
INCIDENT_VERSION = 3
RELIEF = 0.025
"""What the failing release does better at the other gateways, and its gateway elsewhere."""


@dataclass
class Attempts:
    """One entry per attempt: visit, number in its checkout (from 0), and codes into the pools."""

    visit: np.ndarray
    number: np.ndarray
    method: np.ndarray
    gateway: np.ndarray
    result: np.ndarray
    reason: np.ndarray
    installments: np.ndarray

    @property
    def is_approved(self) -> np.ndarray:
        """Mask of the attempts that went through."""
        return self.result == APPROVED


def make_attempts(
    settings: Settings,
    rng: np.random.Generator,
    visits: Visits,
    pays: np.ndarray,
    order_amount: np.ndarray,
) -> Attempts:
    """Attempts of every visit of the mask `pays`, round by round until paid or given up.

    `order_amount` is in cents, per visit.
    """
    scenario = settings.scenario
    visit = np.flatnonzero(pays)
    gateway = _draw(rng, scenario.gateway_shares, visit.size)
    method = _draw(rng, METHOD_SHARES, visit.size)
    rounds: list[tuple[np.ndarray, ...]] = []
    for number in range(MAX_ATTEMPTS):
        if visit.size == 0:
            break
        result = _results(settings, rng, visits, visit, gateway, order_amount[visit])
        reason = REASON_FIRST[result] + rng.integers(0, REASON_COUNT[result])
        reason = np.where(result == APPROVED, -1, reason)
        rounds.append((visit, np.full(visit.size, number), method, gateway, result, reason))
        again = (result != APPROVED) & (rng.random(visit.size) < scenario.retry_rate)
        again &= (result != ABANDONED) | (rng.random(visit.size) < 0.25)
        visit, gateway, method = visit[again], gateway[again], method[again]
        gateway, method = _switch(settings, rng, gateway, method)
    columns = [np.concatenate(values) for values in zip(*rounds, strict=True)] or [np.empty(0, np.int64)] * 6
    visit, number, method, gateway, result, reason = columns
    later = (method == 2) * rng.choice([3, 6, 12], visit.size)
    return Attempts(visit, number, method, gateway, result, reason, np.maximum(later, 1))


def _draw(rng: np.random.Generator, shares: tuple[float, ...], count: int) -> np.ndarray:
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(count), side="right")


def _results(
    settings: Settings,
    rng: np.random.Generator,
    visits: Visits,
    visit: np.ndarray,
    gateway: np.ndarray,
    order_amount: np.ndarray,
) -> np.ndarray:
    scenario = settings.scenario
    rate = np.array(scenario.approval_rates)[gateway] - 0.01 * (order_amount > 50_000)
    if scenario.has_window:
        rate = _with_incident(settings, visits, visit, gateway, rate)
    failure = 1 + _draw(rng, FAILURE_SHARES, visit.size)
    return np.where(rng.random(visit.size) < rate, APPROVED, failure)


def _with_incident(
    settings: Settings,
    visits: Visits,
    visit: np.ndarray,
    gateway: np.ndarray,
    rate: np.ndarray,
) -> np.ndarray:
    """One gateway fails for one release in the window.

    Elsewhere that release and that gateway do slightly better than the rest, so that the slice
    where both meet stands out and not one of them alone.
    """
    first, last = settings.incident_days
    day = visits.day[visit]
    at_gateway = gateway == settings.scenario.failing_gateway
    of_version = visits.version[visit] == INCIDENT_VERSION
    in_window = (day >= first) & (day <= last)
    rate = np.where(at_gateway ^ of_version, rate + RELIEF * (1 - 0.5 * at_gateway), rate)
    failing = at_gateway & of_version & in_window
    return np.where(failing, 1 - settings.scenario.failing_rate, rate)


def _switch(
    settings: Settings, rng: np.random.Generator, gateway: np.ndarray, method: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Before trying again some take another gateway, some another method."""
    scenario = settings.scenario
    weights = np.array(scenario.gateway_shares)
    if not scenario.has_window and scenario.failing_gateway is not None:
        weights[scenario.failing_gateway] = 0.0
    weights = weights / weights.sum()
    other = _draw(rng, tuple(weights), gateway.size)
    changes = rng.random(gateway.size) < scenario.gateway_switch_rate
    gateway = np.where(changes, other, gateway)
    changes_method = rng.random(method.size) < 0.35
    method = np.where(changes_method, _draw(rng, METHOD_SHARES, method.size), method)
    return gateway, method
