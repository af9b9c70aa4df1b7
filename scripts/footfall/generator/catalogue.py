"""The products: 250 in 12 categories, with the staple, its cross-sell pairs and complements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from footfall.generator.pools import Pools
from footfall.generator.settings import Settings

PRODUCT_COUNT = 250
FIRST_PRODUCT_ID = 101
ANCHOR_ID = "102"
PAIR_COUNT = 5
SELLER_COUNT = 40

# category -> (median price in cents, margin, nouns)
CATEGORIES: dict[str, tuple[int, float, tuple[str, ...]]] = {
    "Grocery & Drinks": (450, 0.22, ("Green Tea", "Granola", "Olive Oil", "Orange Juice")),
    "Home & Kitchen": (3200, 0.40, ("Frying Pan", "Glass Carafe", "Soda Maker", "Knife Set")),
    "Electronics": (14900, 0.18, ("Headphones", "Speaker", "Charger", "Tablet")),
    "Fashion": (4500, 0.52, ("Jacket", "Scarf", "Sneakers", "T-Shirt")),
    "Beauty": (1900, 0.55, ("Shampoo", "Face Cream", "Perfume", "Lip Balm")),
    "Sports & Outdoors": (5200, 0.38, ("Yoga Mat", "Tent", "Water Bottle", "Bike Lamp")),
    "Toys": (2600, 0.42, ("Puzzle", "Building Set", "Board Game", "Plush Bear")),
    "Books": (1600, 0.35, ("Novel", "Cookbook", "Travel Guide", "Atlas")),
    "Garden": (3900, 0.36, ("Pruner", "Flower Pot", "Hose", "Seed Box")),
    "Pet Supplies": (2100, 0.33, ("Dog Food", "Cat Tree", "Leash", "Aquarium")),
    "Health": (2400, 0.45, ("Vitamin C", "Thermometer", "Massager", "First Aid Kit")),
    "Office": (1200, 0.40, ("Notebook", "Desk Lamp", "Pen Set", "Stapler")),
}
CATEGORY_NAMES = tuple(CATEGORIES)


@dataclass(frozen=True)
class Catalogue:
    """Products by position, sorted by category and price.

    frame: product_id, product_name, category, brand, price (cents), cost (cents), seller (code).
    cumulative: running share of views by position; `category_low/high` its bounds per category.
    anchor: position of Mineral Water; pairs: positions of its cross-sell products.
    complement: position of the product that goes with each one (-1: none).
    """

    frame: pl.DataFrame
    price: np.ndarray
    category: np.ndarray
    cumulative: np.ndarray
    category_low: np.ndarray
    category_high: np.ndarray
    anchor: int
    pairs: np.ndarray
    complement: np.ndarray
    seller: np.ndarray

    @property
    def ids(self) -> pl.Series:
        """Product ids by position."""
        return self.frame["product_id"]

    def choose(self, rng: np.random.Generator, category: np.ndarray, taste: np.ndarray) -> np.ndarray:
        """Positions of products viewed.

        `category` (-1: any) and `taste` (below 1 leans to dear, above 1 to cheap) are of one shape.
        """
        share = rng.random(category.size, dtype=np.float32) ** taste
        low, high = self.category_low[category], self.category_high[category]
        position = np.searchsorted(self.cumulative, low + share * (high - low), side="right")
        return np.minimum(position, PRODUCT_COUNT - 1).astype(np.int16)


def make_catalogue(settings: Settings, pools: Pools) -> Catalogue:
    """Draw the catalogue of a seed."""
    rng = settings.rng("catalogue")
    frame = _products(rng, pools)
    weight = rng.pareto(1.6, PRODUCT_COUNT) + 0.3
    anchor = int((frame["product_id"] == ANCHOR_ID).arg_true()[0])
    weight[anchor] = np.sort(weight)[-20]
    category = frame["category_code"].to_numpy()
    cumulative = np.cumsum(weight / weight.sum())
    ends = np.array([cumulative[category == code][-1] for code in range(len(CATEGORIES))])
    low = np.concatenate([[0.0], ends[:-1]])
    return Catalogue(
        frame=frame,
        price=frame["price"].to_numpy().astype(np.int64),
        category=category.astype(np.int8),
        cumulative=cumulative,
        # one more at the end, so that category -1 means all of them
        category_low=np.append(low, 0.0),
        category_high=np.append(ends, 1.0),
        anchor=anchor,
        pairs=_pairs(rng, frame, anchor),
        complement=_complements(rng, anchor),
        seller=rng.integers(0, SELLER_COUNT, PRODUCT_COUNT),
    )


def _products(rng: np.random.Generator, pools: Pools) -> pl.DataFrame:
    category = np.sort(np.arange(PRODUCT_COUNT) % len(CATEGORIES))
    median = np.array([values[0] for values in CATEGORIES.values()])[category]
    margin = np.array([values[1] for values in CATEGORIES.values()])[category]
    price = (median * np.exp(rng.normal(0, 0.55, PRODUCT_COUNT))).astype(np.int64) // 10 * 10 + 9
    cost = (price * (1 - margin * rng.uniform(0.7, 1.2, PRODUCT_COUNT))).astype(np.int64)
    nouns = [CATEGORIES[CATEGORY_NAMES[code]][2] for code in category]
    brand = rng.integers(0, len(pools.brands), PRODUCT_COUNT)
    kind = rng.integers(0, 4, PRODUCT_COUNT)
    serial = np.arange(PRODUCT_COUNT)
    names = [
        f"{pools.brands[b]} {words[k]} {1 + s % 90}" for b, words, k, s in zip(brand, nouns, kind, serial, strict=True)
    ]
    frame = pl.DataFrame(
        {
            "product_id": rng.permutation(np.arange(PRODUCT_COUNT)) + FIRST_PRODUCT_ID,
            "product_name": names,
            "category_code": category,
            "brand": [pools.brands[b] for b in brand],
            "price": price,
            "cost": cost,
        }
    ).with_columns(pl.col("product_id").cast(pl.String))
    return (
        _with_anchor(frame)
        .with_columns(category=pl.Series(CATEGORY_NAMES).gather(category))
        .sort("category_code", "price", "product_id")
    )


def _with_anchor(frame: pl.DataFrame) -> pl.DataFrame:
    """Make the first drink of the list Mineral Water, under its well-known id."""
    taken = frame["product_id"][0]
    swapped = (
        pl.when(pl.col("product_id") == ANCHOR_ID)
        .then(pl.lit(taken))
        .when(pl.col("product_id") == taken)
        .then(pl.lit(ANCHOR_ID))
        .otherwise("product_id")
    )
    frame = frame.with_columns(product_id=swapped)
    is_anchor = pl.col("product_id") == ANCHOR_ID
    return frame.with_columns(
        product_name=pl.when(is_anchor).then(pl.lit("Mineral Water")).otherwise("product_name"),
        price=pl.when(is_anchor).then(89).otherwise("price"),
        cost=pl.when(is_anchor).then(80).otherwise("cost"),
    )


def _pairs(rng: np.random.Generator, frame: pl.DataFrame, anchor: int) -> np.ndarray:
    """Products of the kitchen and outdoor shelves that buyers of the anchor only look at."""
    shelf = frame["category"].is_in(["Home & Kitchen", "Sports & Outdoors"]).to_numpy()
    candidates = np.setdiff1d(np.flatnonzero(shelf), [anchor])
    return np.sort(rng.choice(candidates, PAIR_COUNT, replace=False))


def _complements(rng: np.random.Generator, anchor: int) -> np.ndarray:
    """About a third of the products have another one that is bought with them."""
    complement = np.full(PRODUCT_COUNT, -1)
    shuffled = np.setdiff1d(rng.permutation(PRODUCT_COUNT), [anchor], assume_unique=True)
    half = shuffled[:80].reshape(-1, 2)
    complement[half[:, 0]], complement[half[:, 1]] = half[:, 1], half[:, 0]
    return complement
