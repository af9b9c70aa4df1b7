"""Cross-sell: what goes with a product, what its shoppers look at and never take, and which pairs are worth a bundle."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from dashboard import figures, theme
from dashboard.intervals import beside
from dashboard.names import distinct_names, numbered
from dashboard.page import Metric, Page

FEWEST = 30
MOST_BARS = 15
SHORTEST = 22
LIFTS = ",.2~f"
GROUPS = {
    "all": "All shoppers",
    "no_orders": "Without an order",
    "one_order": "With one order",
    "repeat": "With more orders",
}
RANKS = {"revenue": "Revenue", "margin": "Margin"}


def show(page: Page) -> None:
    """Opportunities and companions of a chosen product, the map of all pairs, and bundles."""
    page.title("Cross-sell", "What goes with a product, what its shoppers look at and never take, and what to bundle.")
    anchors = page.rows("cross_sell/anchors")
    if not anchors.height:
        page.empty(
            "No product has enough shoppers, and no two products were bought together often enough. "
            "More days of clicks, or of orders with several products, bring the first."
        )
        return
    _product(page, anchors)
    _map(page)
    _bundles(page)


def _product(page: Page, anchors: pl.DataFrame) -> None:
    total = anchors["anchor_count"][0]
    names = dict(zip(anchors["product_id"], distinct_names(anchors, longest=60), strict=True))
    with page.filters():
        anchor = page.choose(
            "anchor",
            "Product",
            names,
            help="Most shoppers first."
            + (f" The first {anchors.height:,} of {total:,}." if total > anchors.height else ""),
        )
        groups = page.rows("cross_sell/groups", anchor=anchor)["customer_group"].to_list()
        group = page.choose("group", "Shoppers", {key: GROUPS.get(key, key) for key in groups or ["all"]})
        rank = page.choose("rank", "At stake in", RANKS)
    page.section(names[anchor], "Shoppers: who added it to the cart, or bought it.")
    if groups:
        _opportunities(page, anchor, group, rank)
    else:
        page.empty(
            "Nothing is known of what its shoppers look at: the source tells no views, or the product has too few shoppers."
        )
    _companions(page, anchor)


def _opportunities(page: Page, anchor: str, group: str, rank: str) -> None:
    totals = page.row("cross_sell/totals", anchor=anchor, customer_group=group)
    rows = page.rows("cross_sell/opportunities", anchor=anchor, customer_group=group, rank_by=rank)
    page.metrics(
        [
            Metric(
                "Shoppers",
                totals["shopper_count"],
                help=page.define("cross_sell_opportunities", "anchor_customer_count"),
                detail=GROUPS.get(group, group).lower(),
            ),
            Metric(
                "Viewed, never taken",
                totals["product_count"],
                help=page.define("cross_sell_opportunities", "product_id"),
                detail="products",
            ),
            Metric(
                "Revenue at stake",
                totals["revenue_at_stake_amount"],
                "money",
                help=page.define("cross_sell_opportunities", "revenue_at_stake_amount"),
                detail="if each viewer took one of each",
            ),
            Metric(
                "Margin at stake",
                totals["margin_at_stake_amount"],
                "money",
                help=page.define("cross_sell_opportunities", "margin_at_stake_amount"),
                detail="where the cost is known"
                if totals["margin_at_stake_amount"] is not None
                else "no cost is known",
            ),
        ]
    )
    column = f"{rank}_at_stake_amount"
    if rows[column].is_null().all():
        column = "revenue_at_stake_amount"
        page.note("No cost is known for these products, so revenue is shown in place of margin.")
    named = rows.with_columns(pl.Series("product", distinct_names(rows), pl.String))
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.bars(named.head(MOST_BARS), "product", column, horizontal=True),
                rows,
                f"{'Revenue' if column.startswith('revenue') else 'Margin'} at stake",
                key="cross_sell_opportunities",
                help=page.define("cross_sell_opportunities", column),
                note=f"Viewed by these shoppers, never added. The first {min(MOST_BARS, rows.height)} "
                f"of {totals['product_count']:,}.",
            )
        with right:
            _viewers(page, rows)


def _viewers(page: Page, rows: pl.DataFrame) -> None:
    if (rows["anchor_customer_count"][0] or 0) < FEWEST:
        page.empty(f"Fewer than {FEWEST} shoppers: too few for the share that views each product.")
        return
    drawn = beside(rows.head(MOST_BARS), "viewer_count", "anchor_customer_count", "viewer_rate")
    drawn = drawn.with_columns(pl.Series("product", distinct_names(drawn), pl.String))
    page.chart(
        figures.bars(
            drawn,
            "product",
            "viewer_rate",
            horizontal=True,
            low="viewer_rate_low",
            high="viewer_rate_high",
            colours=[theme.SECOND if (lift or 0) >= 1 else theme.BEFORE for lift in drawn["viewer_lift"]],
        ),
        drawn.drop("product"),
        "Shoppers who view it and never take it",
        key="cross_sell_viewers",
        help=page.define("cross_sell_opportunities", "viewer_rate"),
        note="The same products. Whiskers: 95 % interval. Green: more than other lookers do (lift of 1 or more).",
    )


def _companions(page: Page, anchor: str) -> None:
    rows = page.rows("cross_sell/companions", anchor=anchor)
    if not rows.height:
        page.empty("Bought together: no other product is in enough baskets with it.")
        return
    named = rows.with_columns(pl.Series("product", distinct_names(rows), pl.String))
    figure = _lifts(named.head(MOST_BARS))
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figure,
                rows,
                "Bought together with it, against chance",
                key="cross_sell_companions",
                help=page.define("product_affinity", "shrunk_lift"),
                note="Dotted: as often as chance would have it. The lift is drawn towards 1 where baskets are few.",
            )
        with right:
            page.table(
                rows.select(
                    "product_name", "product_id", "pair_order_count", "confidence_rate", "lift", "shrunk_lift"
                ).with_columns(pl.col("lift", "shrunk_lift").round(2)),
                "The same in numbers",
                key="cross_sell_companion_table",
                mart="product_affinity",
                labels={"pair_order_count": "Baskets with both", "confidence_rate": "Of its baskets"},
                note=f"{named['product_order_count'][0]:,} baskets have the product."
                + (" The closest 200." if rows.height == 200 else ""),
                height=420,
            )


def _lifts(drawn: pl.DataFrame) -> go.Figure:
    figure = figures.bars(
        drawn,
        "product",
        "shrunk_lift",
        horizontal=True,
        of="number",
        colours=[theme.SECOND if (lift or 0) > 1 else theme.BEFORE for lift in drawn["shrunk_lift"]],
        texts=[f"{count or 0:,} baskets" for count in drawn["pair_order_count"]],
    )
    figure.add_vline(x=1, line={"color": theme.MUTED, "dash": "dot", "width": 1.5})
    return figure.update_xaxes(tickformat=LIFTS)


def _map(page: Page) -> None:
    page.section("All pairs", "Which products are bought together more often than chance would have it.")
    pairs = page.rows("cross_sell/pairs")
    if not pairs.height:
        page.empty(
            "No two products are in enough baskets together: most orders have one product, or there are few orders."
        )
        return
    with page.columns(1, 1) as (left, right):
        with left:
            _pairs(page, pairs)
        with right:
            _heat(page)


def _pairs(page: Page, pairs: pl.DataFrame) -> None:
    first, second = (
        distinct_names(pairs, longest=36),
        distinct_names(pairs, "paired_product_name", "paired_product_id", longest=36),
    )
    hovers = [f"{one} + {other}" for one, other in zip(first, second, strict=True)]
    figure = figures.scatter(
        pairs.with_columns(pl.Series("pair", hovers, pl.String)),
        "pair_order_count",
        "shrunk_lift",
        hover="pair",
        x_title="baskets with both",
        y_title="lift, shrunk",
    )
    figure.add_hline(y=1, line={"color": theme.MUTED, "dash": "dot", "width": 1.5})
    figure.update_layout(height=440)
    figure.update_yaxes(tickformat=LIFTS)
    total = pairs["pair_count"][0]
    page.chart(
        figure,
        pairs.drop("pair_count", "basket_count"),
        "Pairs by frequency and lift",
        key="cross_sell_pairs",
        help=page.define("product_affinity", "shrunk_lift"),
        note=f"The {pairs.height:,} pairs with the most baskets above chance, of {total:,}, in {pairs['basket_count'][0]:,} "
        "baskets. Dotted: as often as by chance.",
    )


def _heat(page: Page) -> None:
    rows = page.rows("cross_sell/map")
    products = rows.unique("product_id", maintain_order=True)
    names = dict(zip(products["product_id"], distinct_names(products, longest=SHORTEST), strict=True))
    drawn = rows.drop_nulls("paired_product_id").with_columns(
        pl.col("product_id").replace(names).alias("product"),
        pl.col("paired_product_id").replace(names).alias("paired_product"),
        pl.col("shrunk_lift").round(2).alias("rounded_lift"),
    )
    if not drawn.height:
        page.empty("The products in most baskets are never bought together.")
        return
    page.chart(
        figures.heat(
            drawn,
            "paired_product",
            "product",
            "rounded_lift",
            of="number",
            x_order=list(names.values()),
            y_order=list(names.values()),
            with_numbers=False,
            height=440,
        ),
        rows,
        "Lift between the products in most baskets",
        key="cross_sell_map",
        help=page.define("product_affinity", "shrunk_lift"),
        note="Above 1: together more often than by chance. Empty: too few baskets with both.",
    )


def _bundles(page: Page) -> None:
    page.section("Bundles", "Pairs worth an offer: what is lost while people buy only one of the two.")
    rows = page.rows("cross_sell/bundles")
    if not rows.height:
        page.empty("No pair is bought together often enough, and more often than by chance.")
        return
    total = rows["bundle_count"][0]
    has_margin = rows.filter(pl.col("margin_at_stake_amount") > 0).height > 0
    if has_margin:
        drawn = rows.head(MOST_BARS)
        first = distinct_names(drawn, longest=19)
        second = distinct_names(drawn, "paired_product_name", "paired_product_id", longest=19)
        pairs = [f"{one} + {other}" for one, other in zip(first, second, strict=True)]
        drawn = drawn.with_columns(pl.Series("bundle", numbered(pairs, figures.LONGEST_NAME), pl.String))
        page.chart(
            figures.bars(drawn, "bundle", "margin_at_stake_amount", horizontal=True),
            drawn.drop("bundle", "bundle_count"),
            "Margin at stake",
            key="cross_sell_bundles",
            help=page.define("bundle_recommendations", "margin_at_stake_amount"),
            note=f"The first {drawn.height} of {total:,}.",
        )
    else:
        page.note("No cost is known, so no margin: the pairs stand by their lift alone.")
    page.table(
        rows.drop("bundle_count").with_columns(pl.col("shrunk_lift").round(2)),
        "Bundles in numbers",
        key="cross_sell_bundle_table",
        mart="bundle_recommendations",
        labels={
            "bundle_rank": "Rank",
            "pair_order_count": "Baskets with both",
            "only_first_customer_count": "Bought only the first",
            "only_second_customer_count": "Bought only the second",
            "bundle_price_amount": "Price of both",
            "bundle_margin_amount": "Margin of both",
        },
        note=f"The first {rows.height:,} of {total:,}.",
        height=400,
    )
