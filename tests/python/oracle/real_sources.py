"""Reads the three public datasets under the names of their downloads."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from oracle.entities import Landing
from oracle.options import Options, read_seed
from oracle.values import category, hashed, md5, moment, money, reasons, text, whole

TEXT = pl.String()


def _csv(landing: Landing, path: Path, table: str) -> pl.DataFrame:
    """The rows of a CSV file as text."""
    frame = pl.read_csv(path, infer_schema=False, encoding="utf8")
    landing.count(table, None, frame.height)
    return frame.rename({name: name.strip("\ufeff ") for name in frame.columns}).with_columns(
        _source_table=pl.lit(table), _source_file=pl.lit(str(path))
    )


META = ("_source_table", "_source_file")


def _geolocation(landing: Landing, folder: Path) -> pl.DataFrame:
    """Mean position per postcode prefix; empty without the file."""
    path = folder / "olist_geolocation_dataset.csv"
    if not path.exists():
        return pl.DataFrame(schema={"prefix": pl.String, "latitude": pl.Float64, "longitude": pl.Float64})
    rows = _csv(landing, path, "geolocation")
    landing.add("lookups", rows.select(*META, lookup_key=text("geolocation_zip_code_prefix")))
    return rows.group_by(prefix=text("geolocation_zip_code_prefix").str.zfill(5)).agg(
        latitude=pl.col("geolocation_lat").cast(pl.Float64).mean(),
        longitude=pl.col("geolocation_lng").cast(pl.Float64).mean(),
    )


def read_olist(root: Path, options: Options) -> Landing:
    """The Brazilian E-Commerce dataset."""
    folder = root / "olist"
    landing = Landing()
    positions = _geolocation(landing, folder)
    people = _csv(landing, folder / "olist_customers_dataset.csv", "customers").select(
        *META,
        per_order=text("customer_id"),
        customer_id=text("customer_unique_id"),
        country=pl.lit("BR"),
        region=text("customer_state"),
        city=text("customer_city"),
        prefix=text("customer_zip_code_prefix").str.zfill(5),
    )
    orders = _csv(landing, folder / "olist_orders_dataset.csv", "orders").select(
        *META,
        "order_id",
        per_order=text("customer_id"),
        currency=pl.lit("BRL"),
        status=text("order_status").str.to_lowercase(),
        ordered_at=moment("order_purchase_timestamp", TEXT),
        approved_at=moment("order_approved_at", TEXT),
        delivered_at=moment("order_delivered_customer_date", TEXT),
        estimated_delivery_on=moment("order_estimated_delivery_date", TEXT).dt.date(),
    )
    orders = orders.join(people.select("per_order", "customer_id"), on="per_order", how="left")
    landing.add("orders", orders)
    # A person's row is as new as its order.
    placed = orders.group_by("per_order").agg(updated_at=pl.col("ordered_at").max())
    landing.add(
        "customers",
        people.join(positions, on="prefix", how="left")
        .join(placed, on="per_order", how="left")
        .with_columns(_rejection_reasons=reasons([("missing_customer_id", pl.col("customer_id").is_null())])),
    )
    landing.undated.add("customers")
    landing.add(
        "order_items",
        _csv(landing, folder / "olist_order_items_dataset.csv", "order_items").select(
            *META,
            "order_id",
            "product_id",
            "seller_id",
            order_item_id=pl.col("order_id") + "-" + pl.col("order_item_id"),
            quantity=pl.lit(1),
            unit_price=money("price", TEXT),
            amount=money("price", TEXT),
            shipping_amount=money("freight_value", TEXT),
        ),
    )
    payments = _csv(landing, folder / "olist_order_payments_dataset.csv", "payments")
    buyers = orders.select("order_id", "customer_id", "ordered_at", "approved_at")
    landing.add(
        "payments",
        payments.join(buyers, on="order_id", how="left").select(
            *META,
            "order_id",
            "customer_id",
            visitor_id="customer_id",
            payment_id=pl.col("order_id") + "-" + pl.col("payment_sequential"),
            attempted_at=pl.coalesce("approved_at", "ordered_at"),
            payment_method=text("payment_type"),
            installments=whole("payment_installments", TEXT),
            amount=money("payment_value", TEXT),
            result=pl.lit("approved"),
        ),
    )
    _olist_products(landing, folder)
    landing.add(
        "sellers",
        _csv(landing, folder / "olist_sellers_dataset.csv", "sellers").select(
            *META,
            "seller_id",
            city=text("seller_city"),
            region=text("seller_state"),
            country=pl.lit("BR"),
        ),
    )
    reviews = folder / "olist_order_reviews_dataset.csv"
    if reviews.exists():
        landing.add(
            "reviews",
            _csv(landing, reviews, "reviews").select(
                *META,
                "review_id",
                "order_id",
                score=whole("review_score", TEXT),
                reviewed_at=moment("review_creation_date", TEXT),
            ),
        )
    return landing


def _olist_products(landing: Landing, folder: Path) -> None:
    english = _csv(landing, folder / "product_category_name_translation.csv", "category_translation")
    landing.add("lookups", english.select(*META, lookup_key=text("product_category_name")))
    products = _csv(landing, folder / "olist_products_dataset.csv", "products")
    names = english.select("product_category_name", "product_category_name_english")
    landing.add(
        "products",
        products.join(names, on="product_category_name", how="left").select(
            *META,
            "product_id",
            category=category(pl.coalesce(text("product_category_name_english"), text("product_category_name"))),
            is_service_line=pl.lit(False),
        ),
    )


REES46_COLUMNS = [
    "event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price",
    "user_id", "user_session",
]  # fmt: skip


def read_rees46(root: Path, options: Options) -> Landing:
    """Events of a multi category store. Customers, products and orders follow from them."""
    landing = Landing()
    files = sorted((root / "rees46").glob("*.csv"))
    raw = pl.concat([_csv(landing, path, "events") for path in files])
    raw = raw.with_columns(hashed(raw, REES46_COLUMNS).alias("event_id"))
    event_type = text("event_type").str.to_lowercase().replace_strict(options.event_names, default="other")
    events = raw.select(
        *META,
        "event_id",
        event_at=moment("event_time", TEXT),
        visitor_id=text("user_id"),
        customer_id=text("user_id"),
        event_type=event_type.fill_null("other"),
        event_name=text("event_type"),
        product_id=text("product_id"),
        quantity=pl.lit(1),
        amount=money("price", TEXT),
        order_id=pl.when(event_type == "order_placed").then(text("user_session")),
        raw_time=text("event_time"),
        raw_price=text("price"),
        brand=text("brand"),
        category=category(text("category_code")),
    ).with_columns(
        _rejection_reasons=reasons(
            [
                ("missing_visitor_id", pl.col("visitor_id").is_null()),
                ("missing_event_at", pl.col("raw_time").is_null()),
                (
                    "unparseable_event_at",
                    pl.col("raw_time").is_not_null() & pl.col("event_at").is_null(),
                ),
                ("future_event_at", pl.col("event_at") > options.latest_plausible_at),
                (
                    "unparseable_amount",
                    pl.col("raw_price").is_not_null() & pl.col("amount").is_null(),
                ),
                ("negative_amount", pl.col("amount") < 0),
            ]
        )
    )
    landing.add("events", events)
    good = events.filter(pl.col("_rejection_reasons") == "").unique("event_id")
    good = good.sort("event_at", "event_id")
    landing.add("customers", good.select("customer_id").unique())
    landing.add(
        "products",
        good.filter(pl.col("product_id").is_not_null())
        .group_by("product_id")
        .agg(
            pl.col("category", "brand").last(),
            unit_price=pl.col("amount").last(),
            is_service_line=pl.lit(False),
        ),
    )
    bought = good.filter((pl.col("event_type") == "order_placed") & pl.col("order_id").is_not_null())
    total = pl.col("amount").sum()
    landing.add(
        "orders",
        bought.group_by("order_id").agg(
            pl.col("customer_id").first(),
            ordered_at=pl.col("event_at").first(),
            status=pl.lit("paid"),
            item_amount=total,
            order_amount=total,
        ),
    )
    landing.add(
        "order_items",
        bought.select(
            "order_id",
            "product_id",
            "quantity",
            "amount",
            order_item_id="event_id",
            unit_price="amount",
        ),
    )
    return landing


# Codes of products; others are postage, discounts, fees, samples, vouchers, corrections.
PRODUCT_CODE = r"^(\d{5}|DCGS)"
INVOICE_COLUMNS = [
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID",
    "Country",
]  # fmt: skip


def read_online_retail(root: Path, options: Options) -> Landing:
    """Invoice lines of a UK shop. Orders, customers and products follow from the lines."""
    landing = Landing()
    parts = []
    for path in sorted((root / "online_retail").glob("*.parquet")):
        part = pl.read_parquet(path)
        landing.count("invoice_lines", None, part.height)
        parts.append(part.with_columns(_source_file=pl.lit(str(path))))
    raw = pl.concat(parts)
    raw = raw.with_columns(
        content=pl.concat_str(
            [pl.col(name).cast(pl.String).fill_null("") for name in INVOICE_COLUMNS],
            separator="|",
        )
    )
    countries = {row["country_name"]: row["country"] or None for row in read_seed("online_retail_countries")}
    price = money("UnitPrice", raw.schema["UnitPrice"])
    quantity = whole("Quantity", raw.schema["Quantity"])
    lines = raw.select(
        "_source_file",
        "content",
        _source_table=pl.lit("invoice_lines"),
        order_id=text("InvoiceNo"),
        product_id=text("StockCode").str.to_uppercase(),
        description=text("Description"),
        customer_id=text("CustomerID"),
        country=text("Country").replace_strict(countries, default=text("Country")),
        invoiced_at=moment("InvoiceDate", raw.schema["InvoiceDate"]),
        quantity=quantity,
        unit_price=price,
        amount=price * quantity,
    ).with_columns(
        _rejection_reasons=reasons(
            [
                ("missing_order_id", pl.col("order_id").is_null()),
                ("missing_product_id", pl.col("product_id").is_null()),
                ("negative_amount", pl.col("unit_price") < 0),
            ]
        )
    )
    ids = pl.Series("order_item_id", [md5(value) for value in lines["content"]], dtype=pl.String)
    lines = lines.with_columns(ids)
    landing.add("order_items", lines)
    good = lines.filter(pl.col("_rejection_reasons") == "").unique("order_item_id")
    service = ~pl.col("product_id").str.contains(PRODUCT_CODE)
    is_return = pl.col("order_id").str.to_uppercase().str.starts_with("C")
    # Invoices under which nothing was sold correct the stock or the books.
    is_sale = pl.col("order_id").str.contains(r"^\d") & pl.col("has_sale")
    status = (
        pl.when(is_return).then(pl.lit("returned")).when(is_sale).then(pl.lit("paid")).otherwise(pl.lit("adjusted"))
    )
    landing.add(
        "orders",
        good.group_by("order_id")
        .agg(
            pl.col("customer_id").min(),
            ordered_at=pl.col("invoiced_at").min(),
            has_sale=((pl.col("quantity") > 0) & (pl.col("unit_price") > 0)).any(),
        )
        .with_columns(
            currency=pl.lit("GBP"),
            status=status,
            returned_at=pl.when(is_return).then("ordered_at"),
        ),
    )
    landing.add(
        "customers",
        good.filter(pl.col("customer_id").is_not_null())
        .sort(["customer_id", "invoiced_at", "country"], descending=[False, True, False])
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col("country").first()),
    )
    # The name under which it was last sold; stock corrections write remarks there.
    is_sold = (pl.col("quantity") > 0) & (pl.col("unit_price") > 0)
    names = (
        good.filter(pl.col("description").is_not_null())
        .with_columns(is_sold=is_sold)
        .sort(
            ["product_id", "is_sold", "invoiced_at", "description"],
            descending=[False, True, True, False],
        )
        .group_by("product_id", maintain_order=True)
        .agg(product_name=pl.col("description").first())
    )
    landing.add(
        "products",
        good.select("product_id")
        .unique()
        .join(names, on="product_id", how="left")
        .with_columns(is_service_line=service),
    )
    return landing
