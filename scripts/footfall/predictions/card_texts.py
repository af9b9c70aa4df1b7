"""What a model card says that no table knows: titles, how to use a prediction, and where it ends. What it predicts stands in the
mart's YAML, every number in model_metrics."""

from __future__ import annotations

from dataclasses import dataclass

PEOPLE = (
    "Country, region, gender and age are among the features, as they are known today. Where a decision about people may not rest on "
    "them, do not rest it on this prediction."
)
REASONS = "Reasons say what moved the model, not what would change if the customer did."
SIMULATED = "The demo's customers are simulated: what the figures are for your shop, your build says."


@dataclass(frozen=True)
class CardTexts:
    """A card's own words. `mart` is where the predictions are; `second` a model whose guesses stand in the same mart."""

    title: str
    mart: str
    outcome: str
    use: str
    query: str
    limits: tuple[str, ...]
    second: str | None = None
    is_scored: bool = True


CARDS = {
    "churn": CardTexts(
        title="Churn",
        mart="churn_predictions",
        outcome="no order within the horizon",
        use="Write to those of the band high whom you would miss most, and leave those of the band low alone.",
        query="select customer_id, churn_probability, reason_1 from marts.churn_predictions where churn_band = 'high' "
        "order by churn_probability desc, customer_id",
        limits=(
            "Churn is a definition: nobody says goodbye, and one who orders a day after the horizon has churned. Set "
            "`churn_horizon_days` to the rhythm of your shop.",
            "It is asked of those alone who ordered within `churn_lookback_days`: who left long before is no risk any more.",
            "It ranks who will stay away, not who can be won back: only an experiment with customers left alone tells that.",
            PEOPLE,
            REASONS,
            SIMULATED,
        ),
    ),
    "high_value": CardTexts(
        title="High value",
        mart="high_value_predictions",
        outcome="a spend above the cut within the horizon",
        use="Offer something to those of the band high who are not good customers yet: the cut stands beside each probability.",
        query="select customer_id, high_value_probability, high_value_cut_amount, reason_1 from marts.high_value_predictions "
        "where high_value_band = 'high' order by high_value_probability desc, customer_id",
        limits=(
            "Few customers have the outcome: precision is low even where the order of customers is right, so use the order.",
            "Without `high_value_uses_money` it may not look at what was spent. The baseline revenue_so_far may.",
            "The cut is a percentile of what was spent in the periods learned from: it moves with prices and seasons.",
            PEOPLE,
            REASONS,
            SIMULATED,
        ),
    ),
    "next_purchase": CardTexts(
        title="Next purchase",
        mart="next_purchase_predictions",
        outcome="an order within the horizon",
        use="Sum the probabilities for the number of buyers to expect; show likely_category first to whoever you write to.",
        query="select customer_id, purchase_probability, likely_category, reason_1 from marts.next_purchase_predictions "
        "where purchase_band = 'high' order by purchase_probability desc, customer_id",
        limits=(
            "It says whether somebody will buy, not whether a letter makes them buy: those highest on the list buy without one.",
            "likely_category is told of everybody, and was learned from those who bought: its probability holds if they buy.",
            PEOPLE,
            REASONS,
            SIMULATED,
        ),
        second="next_category",
    ),
    "lifetime_value": CardTexts(
        title="Lifetime value",
        mart="customer_lifetime_value",
        outcome="an order, and its revenue, within the days of the test",
        use="It bounds what it may cost to keep a customer, and its sum is what today's customers are worth within the horizon.",
        query="select customer_id, lifetime_value_amount, expected_order_day_count, alive_probability "
        "from marts.customer_lifetime_value order by lifetime_value_amount desc, customer_id",
        limits=(
            "It is revenue, not margin, and not discounted.",
            "It is judged over `lifetime_test_days`, and told for `lifetime_horizon_days`: where that is longer, the rest is the model's "
            "assumption that rates stay as they are. It knows no seasons.",
            "BG/NBD takes everybody who ordered on one day only for a customer still (P(alive) = 1), as in it one leaves only after a "
            "further order: alive_probability is NULL for them where it was chosen, and no rank of risk anywhere. MBG/NBD lets them leave.",
            "Gamma-Gamma takes what a day brings to be independent of how often one comes.",
            SIMULATED,
        ),
    ),
    "revenue_forecast": CardTexts(
        title="Revenue forecast",
        mart="revenue_forecast",
        outcome="",
        use="Plan by the sum and the interval; a day outside its interval is worth a look.",
        query="select forecast_on, forecast_low_amount, forecast_amount, forecast_high_amount from marts.revenue_forecast order by 1",
        limits=(
            "It knows weekdays and a level: no holidays, no campaigns, no season that is longer than its history.",
            "The interval is as wide as the method was off on earlier days; a single test period says little about how often it holds.",
            "The interval is of single days: the ends must not be summed.",
            SIMULATED,
        ),
        is_scored=False,
    ),
}
