"""Predictions: what is expected of the customers and of the coming days, how far that can be trusted, and what to do with it."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from dashboard import figures, theme
from dashboard.formats import shown
from dashboard.intervals import beside
from dashboard.page import Metric, Page
from dashboard.predicted import (
    MARTS,
    MEASURES,
    MODEL_LABELS,
    NO_CAUSE,
    REASONS,
    alarms,
    interval,
    listed,
    measured,
    model_named,
    models,
    named,
    told_models,
    verdict,
    why_missing,
)

MART = "model_metrics"
# A share of fewer customers says little.
ENOUGH = 30
CHANCE = 0.5
ROLES = {"chosen": "chosen model", "baseline": "simple rule", "candidate": "not chosen"}
ROLE_COLOURS = {"chosen model": theme.MAIN, "simple rule": theme.BEFORE, "not chosen": theme.SECOND}
AUDIT_COLOURS = {
    "chosen model": theme.MAIN,
    "shuffled outcomes": theme.MUTED,
    "with features from after the outcome": theme.BAD,
}
# Of these less is better.
ERRORS = ("brier", "mae", "rmse", "mape", "wape")
MEANINGS = {
    "roc_auc": "of two customers, one with the outcome and one without, how often the first has the higher score; 0.5 is chance",
    "pr_auc": "mean share of hits from the highest score down; chance is the base rate",
    "precision": "of those of whom it was predicted, how many had the outcome",
    "recall": "of those with the outcome, of how many it was predicted",
    "f1": "precision and recall in one number",
    "brier": "mean squared error of the probabilities; beside it that of telling everybody the base rate",
    "accuracy": "buyers whose first category was named",
    "accuracy_of_3": "buyers whose first category was among three named",
    "mae": "how far off in money on average",
    "rmse": "the same, with large errors counting more",
    "mape": "how far off as a share of the day's revenue, on average",
    "wape": "how far off as a share of all revenue of the period",
    "interval_coverage": "95 % is meant",
    "total_off_rate": "of the sum over all; above 0 it was too high",
}
# Those who had the outcome, and those who had not.
OUTCOMES = {
    "churn": ("churned", "ordered"),
    "next_purchase": ("ordered", "did not order"),
    "high_value": ("were of high value", "were not"),
}
LIMITS = (
    "A prediction knows what was known at the end of the as-of date. What customers did is as of that day; attributes such as "
    "country or age are the newest that landed, for past periods too.",
    "Probabilities hold for customers like those of past periods. After a change of prices, assortment or campaigns they are "
    "off until it is part of the history.",
    "Bands compare customers with each other: where nearly all are likely to churn, one of the medium band is likely to as well.",
    "Each model was judged on one test period. The intervals tell how much chance the choice of customers leaves; they do not tell how "
    "much periods differ.",
    "Lifetime values assume that customers order at a rate of their own until they leave for good, that what an order day brings does not "
    "change, and that no season comes. They are not discounted.",
    "The forecast's intervals are as wide as the same method was off on earlier days: they hold day by day, and for no event that has never "
    "happened before.",
    f"No prediction tells causes. {NO_CAUSE} Whether a letter helps, only an experiment tells: send it to some, chosen at random.",
)


def show(page: Page) -> None:
    """What is expected, how well each model predicts, how it was checked, what to do, and what it cannot say."""
    page.title(
        "Predictions", "What is to be expected of customers and of the coming days, and how far that can be trusted."
    )
    known = models(page)
    if not known:
        page.empty(
            "No model was tried in this version: models are trained from past months of orders and visits, so they come "
            "with a build that has data."
        )
        return
    _found(page, known)
    _alarms(page, known)
    _judged(page, known)
    _detail(page, known)
    _audits(page, known)
    _to_do(page, known)
    page.section("What it does not say")
    for limit in LIMITS:
        page.note(limit)


def _found(page: Page, known: Mapping[str, Mapping]) -> None:
    totals = page.row("predictions/totals")

    def tile(name: str, prediction: str, value: str, of: str, asked: str, define: str) -> Metric:
        is_there = not why_missing(known, prediction)
        days = known[prediction]["horizon_days"] if is_there else None
        return Metric(
            name,
            totals[value] if is_there else None,
            of,
            help=page.define(MARTS[prediction], define),
            detail=f"{asked} · next {days:,} days" if is_there else "not predicted, see below",
        )

    def asked(column: str) -> str:
        return shown(totals[column], "count")

    cut = shown(totals["high_value_cut_amount"], "money")
    days = f"{shown(totals['forecast_low_amount'], 'money')} to {shown(totals['forecast_high_amount'], 'money')}"
    page.metrics(
        [
            tile(
                "Expected to churn",
                "churn",
                "churn_expected_count",
                "count",
                f"of {asked('churn_asked_count')} with recent orders",
                "churn_probability",
            ),
            tile(
                "Expected to order",
                "next_purchase",
                "purchase_expected_count",
                "count",
                f"of {asked('purchase_asked_count')} customers",
                "purchase_probability",
            ),
            tile(
                "Expected high value",
                "high_value",
                "high_value_expected_count",
                "count",
                f"to spend over {cut}, of {asked('high_value_asked_count')}",
                "high_value_probability",
            ),
            tile(
                "Customers' worth",
                "lifetime_value",
                "lifetime_value_amount",
                "money",
                f"of {asked('lifetime_asked_count')} buyers",
                "lifetime_value_amount",
            ),
            tile("Expected revenue", "revenue_forecast", "forecast_amount", "money", days, "forecast_amount"),
        ],
        note="Expected numbers: probabilities, values and days added up. The range of the revenue adds up the ends of each day's 95 % "
        "interval, which is as a rule wider than an interval of the sum." + _untested(known),
    )
    for prediction in known:
        if missing := why_missing(known, prediction):
            page.empty(missing)


def _untested(known: Mapping[str, Mapping]) -> str:
    """That lifetime values reach further than they could be judged; '' where they do not, or there are none."""
    model = known.get("lifetime_value")
    if model is None or model["tested_on"] is None or model["predicted_on"] is None:
        return ""
    days = (model["predicted_on"] - model["tested_on"]).days
    if days >= model["horizon_days"]:
        return ""
    return (
        f" Lifetime values look {model['horizon_days']:,} days ahead, and could be judged on {days:,} days at most: take their sum "
        "for its order of magnitude."
    )


def _alarms(page: Page, known: Mapping[str, Mapping]) -> None:
    for alarm in alarms(known):
        page.warn(alarm)
    for model in known.values():
        if model["verdict"] and not model["is_better"]:
            page.warn(f"{verdict(model)}.")


def _judged(page: Page, known: Mapping[str, Mapping]) -> None:
    page.section(
        "How well each predicts",
        "Judged once, on the newest period whose outcome is known and which nothing was chosen by, beside the best of some simple rules.",
    )
    rows = told_models(known)
    page.table(
        rows,
        "Models and simple rules on the test period",
        key="predictions_models",
        help=page.define(MART),
        labels=MODEL_LABELS,
        hidden=["predicted_on", "predicted_count", "model_version"],
    )


def _detail(page: Page, known: Mapping[str, Mapping]) -> None:
    with page.filters():
        prediction = page.choose("prediction", "Prediction", {one: named(one) for one in known}, _first_judged(known))
    model = known[prediction]
    if not model["candidate"]:
        page.empty(why_missing(known, prediction) or f"{named(prediction)} was not judged.")
        return
    say = page.good if model["is_better"] else page.warn
    say(f"{verdict(model)}.")
    if prediction == "lifetime_value" and (untested := _untested(known)):
        page.note(untested.strip())
    rows = page.rows("predictions/measures", prediction=prediction)
    with page.columns(1, 1) as (left, right):
        with left:
            _compared(page, rows, model)
        with right:
            _measures(page, rows, model)
            if prediction in OUTCOMES:
                _outcomes(page, prediction, rows)
    _ranks(page, prediction)
    if prediction == "revenue_forecast":
        page.link("Revenue so far and as forecast, day by day", "commerce")


def _first_judged(known: Mapping[str, Mapping]) -> str | None:
    return next((prediction for prediction, model in known.items() if model["candidate"]), None)


def _compared(page: Page, rows: pl.DataFrame, model: Mapping) -> None:
    metric = model["main_metric"]
    drawn = (
        rows.filter(pl.col("metric") == metric)
        .sort("metric_value", "candidate", descending=[metric not in ERRORS, False])
        .with_columns(
            pl.col("role").replace(ROLES),
            pl.col("candidate").map_elements(model_named, pl.String),
        )
    )
    is_auc = metric == "roc_auc"
    figure = figures.dots(
        drawn,
        "candidate",
        "metric_value",
        "metric_value_low",
        "metric_value_high",
        split="role",
        colours=ROLE_COLOURS,
        of="money" if metric == "rmse" else "score" if is_auc else "rate",
        level=CHANCE if is_auc else None,
        height=340,
    )
    # Groups are drawn one after the other; the best is to be on top.
    figure.update_yaxes(categoryorder="array", categoryarray=[figures.safe(one) for one in drawn["candidate"]])
    if not is_auc:
        figure.update_xaxes(rangemode="tozero")
    has_intervals = drawn["metric_value_low"].null_count() < drawn.height
    page.chart(
        figure,
        drawn,
        f"{MEASURES[metric]}: the model and simple rules",
        key="predictions_compared",
        help=page.define(MART, "role"),
        note=f"{'Further left' if metric in ERRORS else 'Further right'} is better."
        + (" With 95 % intervals." if has_intervals else "")
        + (" The dotted line is chance." if is_auc else ""),
        labels={"metric_value": MEASURES[metric], "row_count": "Tested on", "positive_count": "With the outcome"},
    )


def _measures(page: Page, rows: pl.DataFrame, model: Mapping) -> None:
    own = {row["metric"]: row for row in rows.filter(pl.col("role") == "chosen").iter_rows(named=True)}
    compared = [
        {
            "measure": MEASURES[metric],
            "value": measured(metric, own[metric]["metric_value"]),
            "interval": interval(metric, own[metric]["metric_value_low"], own[metric]["metric_value_high"]),
            "against": _against(rows, own, metric),
            "meaning": MEANINGS[metric],
        }
        for metric in MEASURES
        if metric in own
    ]
    unit = "days" if model["prediction"] == "revenue_forecast" else "customers"
    tested = f"{shown(model['row_count'], 'count')} {unit}, from {shown(model['tested_on'])}"
    positives = model["positive_count"]
    page.table(
        pl.DataFrame(compared, dict.fromkeys(("measure", "value", "interval", "against", "meaning"), pl.String)),
        "Measures of the model",
        key="predictions_measures",
        help=page.define(MART, "metric"),
        note=f"{tested}" + (f"; {shown(positives, 'count')} with the outcome." if positives is not None else "."),
        labels={"value": "Model", "interval": "95 % interval", "against": "To compare"},
    )


def _against(rows: pl.DataFrame, own: Mapping[str, Mapping], metric: str) -> str:
    """The best simple rule's measure, or what there is to compare with where no rule has it."""
    rules = rows.filter((pl.col("role") == "baseline") & (pl.col("metric") == metric))
    if metric in ("interval_coverage", "total_off_rate"):
        return shown(None)
    if rules.height:
        best = rules.sort("metric_value", "candidate", descending=[metric not in ERRORS, False]).row(0, named=True)
        return f"{measured(metric, best['metric_value'])} {model_named(best['candidate'])}"
    reference = {"brier": "brier_of_the_base_rate", "precision": "base_rate"}.get(metric)
    if reference in own:
        return f"{measured(metric, own[reference]['metric_value'])} base rate"
    return shown(None)


def _ranks(page: Page, prediction: str) -> None:
    tenths = page.rows("predictions/tenths", prediction=prediction)
    bins = page.rows("predictions/calibration", prediction=prediction)
    if not tenths.height or not bins.height:
        if tenths.height:
            _gain(page, prediction, tenths)
        elif bins.height:
            _calibration(page, prediction, bins)
        return
    with page.columns(1, 1) as (left, right):
        with left:
            _gain(page, prediction, tenths)
        with right:
            _calibration(page, prediction, bins)


def _gain(page: Page, prediction: str, tenths: pl.DataFrame) -> None:
    chosen = tenths.filter(pl.col("role") == "chosen")
    what = "the revenue that came" if prediction == "lifetime_value" else f"those who {OUTCOMES[prediction][0]}"
    first = chosen["gain"][0] if chosen.height else None
    page.chart(
        _gain_figure(tenths),
        tenths,
        "Found in the first tenths",
        key="predictions_gain",
        help="Customers of the test period, the highest score first. Gain: the share of what was to be found that lies in the first "
        "tenths. Lift: how much more a tenth holds than an equal share.",
        note=f"The first tenth holds {shown(first, 'rate')} of {what}. The dotted line is chance.",
        labels={"bin": "Tenth", "gain": "Gain", "lift": "Lift"},
    )


def _gain_figure(tenths: pl.DataFrame) -> go.Figure:
    figure = go.Figure()
    drawn = tenths.with_columns(pl.col("candidate").map_elements(model_named, pl.String))
    for number, ((name, role), part) in enumerate(drawn.group_by("candidate", "role", maintain_order=True)):
        figure.add_trace(
            go.Scatter(
                x=[0, *(tenth / 10 for tenth in part["bin"])],
                y=[0, *part["gain"]],
                name=figures.safe(name),
                mode="lines+markers",
                line={
                    "color": theme.MAIN if role == "chosen" else theme.SERIES[number % len(theme.SERIES)],
                    "width": 2.5 if role == "chosen" else 1.5,
                    "dash": None if role == "chosen" else "dot",
                },
                hovertemplate=f"{figures.safe(name)}, first %{{x:.0%}}: %{{y:.1%}}<extra></extra>",
            )
        )
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"color": theme.MUTED, "width": 1, "dash": "dot"})
    figure.update_xaxes(title="share of customers, best first", tickformat=".0%", range=[-0.02, 1.02])
    figure.update_yaxes(title="share found", tickformat=".0%", range=[-0.02, 1.04])
    return figure.update_layout(showlegend=len(figure.data) > 1, height=360)


def _calibration(page: Page, prediction: str, bins: pl.DataFrame) -> None:
    rows = beside(bins, "observed_count", "customer_count", "observed_rate")
    expected = float((rows["predicted_rate"] * rows["customer_count"]).sum())
    page.chart(
        _calibration_figure(rows),
        rows,
        "Probability said, share seen",
        key="predictions_calibration",
        help="Customers of the test period by tenth of their probability: its mean, and the share of them with the outcome.",
        note=f"{shown(round(expected), 'count')} were expected, {shown(rows['observed_count'].sum(), 'count')} "
        f"{OUTCOMES[prediction][0]}. On the dotted line both are the same; area: customers; grey: fewer than {ENOUGH}.",
        labels={
            "bin": "Tenth",
            "predicted_rate": "Said",
            "observed_rate": "Seen",
            "observed_count": "With the outcome",
        },
    )


def _calibration_figure(rows: pl.DataFrame) -> go.Figure:
    drawn = rows.with_columns(
        pl.format("{} customers", "customer_count").alias("told"),
        pl.when(pl.col("customer_count") < ENOUGH).then(pl.lit("few")).otherwise(pl.lit("enough")).alias("mood"),
    )
    figure = figures.scatter(
        drawn,
        "predicted_rate",
        "observed_rate",
        size="customer_count",
        split="mood",
        colours={"few": theme.BEFORE, "enough": theme.MAIN},
        hover="told",
        x_title="mean probability said",
        y_title="share with the outcome",
    )
    for trace, ((mood,), part) in zip(figure.data, drawn.group_by("mood", maintain_order=True), strict=True):
        trace.error_y = {
            "type": "data",
            "symmetric": False,
            "array": (part["observed_rate_high"] - part["observed_rate"]).clip(0).to_list(),
            "arrayminus": (part["observed_rate"] - part["observed_rate_low"]).clip(0).to_list(),
            "color": theme.MUTED if mood == "enough" else theme.BEFORE,
            "thickness": 1.2,
            "width": 4,
        }
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"color": theme.MUTED, "width": 1, "dash": "dot"})
    figure.update_xaxes(range=[-0.02, 1.02])
    figure.update_yaxes(range=[-0.02, 1.06])
    return figure.update_layout(showlegend=False, height=360)


def _outcomes(page: Page, prediction: str, rows: pl.DataFrame) -> None:
    own = dict(rows.filter(pl.col("role") == "chosen").select("metric", "metric_value").rows())
    counts = [
        own.get(f"{name}_count") for name in ("true_positive", "false_negative", "false_positive", "true_negative")
    ]
    if None in counts:
        return
    did, did_not = OUTCOMES[prediction]
    confusion = pl.DataFrame(
        {
            "seen": [did, did, did_not, did_not],
            "said": ["predicted", "not predicted"] * 2,
            "customer_count": [int(count) for count in counts],
        }
    )
    page.chart(
        figures.heat(
            confusion,
            "said",
            "seen",
            "customer_count",
            x_order=["predicted", "not predicted"],
            y_order=[did, did_not],
            height=150,
        ),
        confusion,
        "Predicted and seen",
        key="predictions_confusion",
        help="Customers of the test period. Predicted: with a probability of the threshold and above.",
        note=f"Predicted from a probability of {shown(own.get('threshold'), 'rate')} on, where F1 was greatest on the periods before.",
    )


def _audits(page: Page, known: Mapping[str, Mapping]) -> None:
    page.section(
        "Whether it cheats",
        "A model that learns from the future looks brilliant and is worthless. Two experiments show whether this one does.",
    )
    rows = page.rows("predictions/audits")
    if not rows.height:
        page.empty("No experiment was made: they need a trained model of who churns, orders or becomes of high value.")
        return
    if not any(model["alarm_count"] for model in known.values()):
        page.good("No alarm: no model is too good to be true, and none ranks shuffled outcomes better than chance.")
    drawn = rows.with_columns(pl.col("prediction").map_elements(named, pl.String))
    figure = figures.dots(
        drawn,
        "prediction",
        "metric_value",
        "metric_value_low",
        "metric_value_high",
        split="audit",
        colours=AUDIT_COLOURS,
        of="score",
        level=CHANCE,
        height=260,
    )
    figure.update_xaxes(title="ROC-AUC")
    page.chart(
        figure,
        drawn,
        "Models, shuffled outcomes, and the price of a leak",
        key="predictions_audits",
        help=page.define(MART, "role"),
        note="Trained on outcomes that were dealt out at random, nothing is left to learn: 0.5, the dotted line. Given features from after "
        "the outcome, a leak as it happens in practice, it would look far better than it is.",
        labels={"metric_value": "ROC-AUC", "row_count": "Tested on"},
    )


def _to_do(page: Page, known: Mapping[str, Mapping]) -> None:
    page.section("What to do", f"The words tell what moved a prediction, against what is usual. {NO_CAUSE}")
    _worth_keeping(page, known)
    _buyers(page, known)
    page.link("Who is likely to become of high value", "high_value")
    page.link("Who is at risk by the usual waits", "at_risk")


def _worth_keeping(page: Page, known: Mapping[str, Mapping]) -> None:
    if why_missing(known, "churn") or why_missing(known, "lifetime_value"):
        page.empty("Who is worth keeping cannot be told: it takes predictions of churn and of lifetime values.")
        return
    rows = page.rows("predictions/worth_keeping")
    if not rows.height:
        page.empty("No customer of the high band of lifetime value is likely to churn.")
        return
    page.table(
        rows.drop("matching_count"),
        "Worth keeping: most lifetime value among those likely to churn",
        key="predictions_worth_keeping",
        mart=MARTS["churn"],
        help=page.define("customer_lifetime_value", "lifetime_value_band"),
        note=f"{listed(rows)}: the high band of lifetime value, the high and medium bands of churn."
        f"{_caution(known, 'churn', 'lifetime_value')}",
        labels={**REASONS, "lifetime_value_amount": "Lifetime value", "churn_probability": "To churn"},
        height=380,
    )


def _buyers(page: Page, known: Mapping[str, Mapping]) -> None:
    if why_missing(known, "next_purchase"):
        page.empty("Who is likely to order cannot be told: it takes predictions of the next purchase.")
        return
    rows = page.rows("predictions/buyers")
    if not rows.height:
        page.empty("Nobody is more likely to order than most.")
        return
    page.table(
        rows.drop("matching_count"),
        "Likely buyers, and what to show them first",
        key="predictions_buyers",
        mart=MARTS["next_purchase"],
        help=page.define(MARTS["next_purchase"], "purchase_band"),
        note=f"{listed(rows)}: the high band of the next purchase.{_caution(known, 'next_purchase', 'next_category')}",
        labels={**REASONS, "purchase_probability": "To order", "likely_category_probability": "Category right"},
        height=380,
    )


def _caution(known: Mapping[str, Mapping], *predictions: str) -> str:
    """Which of the models behind a list are no better than a simple rule; '' for none."""
    weak = [
        named(one).lower()
        for one in predictions
        if one in known and known[one]["verdict"] and not known[one]["is_better"]
    ]
    return f" No better than a simple rule: {', '.join(weak)}." if weak else ""
