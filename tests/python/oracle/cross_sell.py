"""What shoppers look at and leave, and what is bought together: sparse matrices of counts."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy import sparse

from oracle.core import Core
from oracle.options import Options
from oracle.statistics import ranks

GROUPS = ("all", "no_orders", "one_order", "repeat")
OPPORTUNITY_COLUMNS = [
    "anchor_product_id", "product_id", "customer_group", "anchor_product_name", "product_name",
    "category", "anchor_customer_count", "viewer_count", "view_count", "viewer_rate",
    "viewer_lift",
    "unit_price", "unit_margin", "revenue_at_stake_amount", "margin_at_stake_amount",
    "opportunity_rank",
]  # fmt: skip


def _codes(values: pl.Series) -> dict[str, int]:
    return {value: code for code, value in enumerate(values.unique().sort())}


def _matrix(
    rows: pl.DataFrame, row: str, column: str, across: dict[str, int], down: dict[str, int]
) -> sparse.csr_array:
    """How often each pair occurs."""
    i = rows[row].replace_strict(down, return_dtype=pl.Int64).to_numpy()
    j = rows[column].replace_strict(across, return_dtype=pl.Int64).to_numpy()
    ones = np.ones(rows.height, dtype=np.int64)
    counts = sparse.coo_array((ones, (i, j)), shape=(len(down), len(across)))
    return counts.tocsr()


def _groups(core: Core, shoppers: dict[str, int]) -> dict[str, np.ndarray]:
    """Which shoppers belong to each customer group."""
    counts = core.counted.drop_nulls("customer_id").group_by("customer_id").len()
    orders = np.zeros(len(shoppers), dtype=np.int64)
    for customer, count in counts.iter_rows():
        if customer in shoppers:
            orders[shoppers[customer]] = count
    everyone = np.ones(len(shoppers), dtype=bool)
    return dict(zip(GROUPS, (everyone, orders == 0, orders == 1, orders >= 2), strict=True))


def cross_sell_opportunities(core: Core, options: Options) -> pl.DataFrame:
    """Per anchor product: what its shoppers viewed and never added."""
    goods = core.products.filter(~pl.col("is_service_line"))
    events = core.shoppers.filter(
        pl.col("product_id").is_in(goods["product_id"].implode())
        & pl.col("shopper_id").is_not_null()
        & pl.col("event_type").is_in(["product_view", "add_to_cart"])
    )
    bought = core.order_items.filter(
        pl.col("is_counted")
        & (pl.col("quantity") > 0)
        & pl.col("customer_id").is_not_null()
        & pl.col("product_id").is_in(goods["product_id"].implode())
    ).select("product_id", shopper_id="customer_id")
    seen = pl.concat([events.select("product_id", "shopper_id"), bought])
    products, people = _codes(seen["product_id"]), _codes(seen["shopper_id"])
    names = list(products)
    adds = events.filter(pl.col("event_type") == "add_to_cart")
    views = events.filter(pl.col("event_type") == "product_view")
    added = (_matrix(adds, "shopper_id", "product_id", products, people) > 0).astype(np.int64)
    viewed = _matrix(views, "shopper_id", "product_id", products, people)
    purchased = (_matrix(bought, "shopper_id", "product_id", products, people) > 0).astype(np.int64)
    taken = ((added + purchased) > 0).astype(np.int64)
    left = viewed - viewed.multiply(taken)  # views of products that the shopper never took
    if options.cross_sell_anchor_event == "order_placed":
        added = purchased
    left.eliminate_zeros()
    parts = []
    anchors = np.asarray(added.sum(axis=0)).ravel() >= options.cross_sell_min_customers
    for group, members in _groups(core, people).items():
        chosen = np.flatnonzero(members)
        adders, leaves = added[chosen], left[chosen]
        size = np.asarray(adders.sum(axis=0)).ravel()
        viewers = (adders.T @ (leaves > 0).astype(np.int64)).tocoo()
        view_counts = (adders.T @ leaves).tocsr()
        lookers = int((np.asarray(viewed[chosen].sum(axis=1)).ravel() > 0).sum())
        of_product = np.asarray((leaves > 0).sum(axis=0)).ravel()
        keep = anchors[viewers.row] & (viewers.data > 0) & (viewers.row != viewers.col)
        i, j = viewers.row[keep], viewers.col[keep]
        parts.append(
            pl.DataFrame(
                {
                    "anchor_product_id": [names[k] for k in i],
                    "product_id": [names[k] for k in j],
                    "customer_group": [group] * len(i),
                    "anchor_customer_count": size[i],
                    "viewer_count": viewers.data[keep],
                    "base_rate": of_product[j] / max(lookers, 1),
                    "view_count": np.asarray(view_counts[i, j]).ravel() if len(i) else [],
                },
                schema={
                    "anchor_product_id": pl.String, "product_id": pl.String,
                    "customer_group": pl.String, "anchor_customer_count": pl.Int64,
                    "viewer_count": pl.Int64, "base_rate": pl.Float64, "view_count": pl.Int64,
                },
            )
        )  # fmt: skip
    described = core.products.select(
        "product_id", "product_name", "category", "unit_price",
        unit_margin=pl.col("unit_price") - pl.col("unit_cost"),
    )  # fmt: skip
    anchor_names = core.products.select(anchor_product_id="product_id", anchor_product_name="product_name")
    table = (
        pl.concat(parts)
        .join(described, on="product_id", how="left")
        .join(anchor_names, on="anchor_product_id", how="left")
        .with_columns(
            viewer_rate=pl.col("viewer_count") / pl.col("anchor_customer_count"),
            viewer_lift=pl.col("viewer_count") / pl.col("anchor_customer_count") / pl.col("base_rate"),
            revenue_at_stake_amount=pl.col("viewer_count") * pl.col("unit_price"),
            margin_at_stake_amount=pl.col("viewer_count") * pl.col("unit_margin"),
        )
    )
    rank = ranks(
        table,
        ["revenue_at_stake_amount", "viewer_count"],
        ["anchor_product_id", "customer_group"],
    )
    return table.with_columns(opportunity_rank=rank).select(OPPORTUNITY_COLUMNS)


def baskets(core: Core) -> pl.DataFrame:
    """Products of counted orders: order, customer, product."""
    return (
        core.order_items.filter(
            pl.col("is_counted")
            & (pl.col("quantity") > 0)
            & ~pl.col("is_service_line")
            & pl.col("product_id").is_not_null()
        )
        .select("order_id", "customer_id", "product_id")
        .unique()
    )


AFFINITY_COLUMNS = [
    "product_id", "paired_product_id", "pair_order_count", "product_order_count",
    "paired_order_count", "basket_count", "support_rate", "confidence_rate", "lift",
    "shrunk_lift", "leverage", "conviction",
]  # fmt: skip


def product_affinity(core: Core, options: Options) -> pl.DataFrame:
    """Products bought in the same orders, both ways round."""
    lines = baskets(core)
    products, orders = _codes(lines["product_id"]), _codes(lines["order_id"])
    names = np.array(list(products), dtype=object)
    bought = _matrix(lines, "order_id", "product_id", products, orders)
    together = (bought.T @ bought).tocoo()
    keep = (together.row != together.col) & (together.data >= options.affinity_min_pair_count)
    i, j, pair = together.row[keep], together.col[keep], together.data[keep].astype(np.float64)
    size = np.asarray(bought.sum(axis=0)).ravel()
    first, second, total = size[i], size[j], len(orders)
    k = options.affinity_shrinkage
    expected = first * second / max(total, 1)
    confidence = pair / first
    with np.errstate(divide="ignore", invalid="ignore"):
        conviction = np.where(pair == first, np.nan, (1 - second / max(total, 1)) / (1 - confidence))
    columns = {
        "product_id": pl.Series(names[i].tolist(), dtype=pl.String),
        "paired_product_id": pl.Series(names[j].tolist(), dtype=pl.String),
        "pair_order_count": together.data[keep],
        "product_order_count": first,
        "paired_order_count": second,
        "basket_count": np.full(len(i), total, dtype=np.int64),
        "support_rate": pair / max(total, 1),
        "confidence_rate": confidence,
        "lift": pair / expected,
        "shrunk_lift": (pair + k) / (expected + k),
        "leverage": pair / max(total, 1) - expected / max(total, 1),
        "conviction": pl.Series(conviction, dtype=pl.Float64, nan_to_null=True),
    }
    return pl.DataFrame(columns).select(AFFINITY_COLUMNS)


BUNDLE_COLUMNS = [
    "product_id", "paired_product_id", "product_name", "paired_product_name", "pair_order_count",
    "shrunk_lift", "bundle_price_amount", "bundle_margin_amount", "only_first_customer_count",
    "only_second_customer_count", "margin_at_stake_amount", "bundle_rank",
]  # fmt: skip


def bundle_recommendations(core: Core, affinity: pl.DataFrame) -> pl.DataFrame:
    """Pairs worth selling together, with the customers who bought only one of them."""
    pairs = affinity.filter((pl.col("product_id") < pl.col("paired_product_id")) & (pl.col("shrunk_lift") > 1)).select(
        "product_id", "paired_product_id", "pair_order_count", "shrunk_lift"
    )
    buyers: dict[str, frozenset[str]] = {
        product: frozenset(people)
        for product, people in baskets(core)
        .drop_nulls("customer_id")
        .group_by("product_id")
        .agg("customer_id")
        .iter_rows()
    }
    nobody: frozenset[str] = frozenset()
    counts = []
    for first, second in pairs.select("product_id", "paired_product_id").iter_rows():
        one, other = buyers.get(first, nobody), buyers.get(second, nobody)
        both = len(one & other)
        counts.append((len(one) - both, len(other) - both))
    described = core.products.select(
        "product_id", "product_name", price="unit_price",
        margin=pl.col("unit_price") - pl.col("unit_cost"),
    )  # fmt: skip
    table = (
        pairs.with_columns(
            only_first_customer_count=pl.Series([one for one, _ in counts], dtype=pl.Int64),
            only_second_customer_count=pl.Series([two for _, two in counts], dtype=pl.Int64),
        )
        .join(described, on="product_id", how="left")
        .join(described.rename(lambda name: f"paired_{name}"), on="paired_product_id", how="left")
        .with_columns(
            bundle_price_amount=pl.col("price") + pl.col("paired_price"),
            bundle_margin_amount=pl.col("margin") + pl.col("paired_margin"),
            margin_at_stake_amount=pl.col("only_first_customer_count") * pl.col("paired_margin").fill_null(0)
            + pl.col("only_second_customer_count") * pl.col("margin").fill_null(0),
        )
    )
    rank = ranks(table, ["margin_at_stake_amount", "shrunk_lift"])
    return table.with_columns(bundle_rank=rank).select(BUNDLE_COLUMNS)
