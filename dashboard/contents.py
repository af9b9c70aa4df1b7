"""The pages, in their order: each is a module of `dashboard/views` with a function `show(page)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from dashboard.page import Page
from dashboard.views import (
    at_risk,
    behaviour,
    commerce,
    cross_sell,
    customer,
    data_quality,
    engagement,
    high_value,
    overview,
    payments,
    predictions,
    retention,
    risk_monitor,
    segments,
)


@dataclass(frozen=True)
class View:
    """A page: `group` is its heading in the menu, `is_reported`: it is in the report."""

    module: ModuleType
    title: str
    group: str
    icon: str
    is_reported: bool = True

    @property
    def show(self) -> Callable[[Page], None]:
        """Puts the page on the screen."""
        return self.module.show

    @property
    def name(self) -> str:
        """The module's name, which is the page's address."""
        return self.module.__name__.rpartition(".")[2]


VIEWS = (
    View(overview, "Overview", "Shop", ":material/dashboard:"),
    View(commerce, "Commerce", "Shop", ":material/storefront:"),
    View(behaviour, "Behaviour", "Shop", ":material/footprint:"),
    View(payments, "Payments", "Shop", ":material/credit_card:"),
    View(cross_sell, "Cross-sell", "Shop", ":material/add_shopping_cart:"),
    View(engagement, "Engagement", "Customers", ":material/bolt:"),
    View(segments, "Segments", "Customers", ":material/donut_small:"),
    View(at_risk, "At risk", "Customers", ":material/warning:"),
    View(high_value, "High value", "Customers", ":material/star:"),
    View(retention, "Retention", "Customers", ":material/replay:"),
    View(predictions, "Predictions", "Customers", ":material/query_stats:"),
    View(customer, "Customer", "Customers", ":material/person:", is_reported=False),
    View(risk_monitor, "Risk monitor", "Trust", ":material/monitor_heart:"),
    View(data_quality, "Data quality", "Trust", ":material/verified:"),
)
