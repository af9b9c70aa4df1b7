"""The questions, and what an answer looks like. What the words mean is in docs/decisions.md."""

from __future__ import annotations

from dataclasses import dataclass

SESSION_TIMEOUT_MINUTES = 30
CONVERSION_WINDOW_HOURS = 24
FUNNEL_STEPS = ("product_view", "add_to_cart", "checkout_started", "order_placed")
COUNTED_STATUSES = ("placed", "paid", "shipped", "delivered", "approved", "invoiced", "processing", "created")
MIN_SHOPPERS = 20
RECENT_DAYS = 30
CAP = 0.95
WEIGHTS = {"recency": 0.4, "frequency": 0.3, "monetary": 0.3}


@dataclass(frozen=True)
class Question:
    """One question: its name, what it asks, and the columns of its answer with their DuckDB types."""

    name: str
    asks: str
    columns: dict[str, str]


QUESTIONS = {
    question.name: question
    for question in (
        Question(
            "sessions",
            "visits: a gap of strictly more than 30 minutes begins a new one",
            {"visitor_id": "varchar", "session_start": "timestamp", "session_end": "timestamp", "events": "bigint"},
        ),
        Question(
            "funnel",
            "how many visitors got how far: view, cart, checkout, order, in order and within 24 hours",
            {"level": "bigint", "visitors": "bigint"},
        ),
        Question(
            "cross_sell",
            "what those who put one product into the cart view and never take",
            {"product_id": "varchar", "viewers": "bigint", "views": "bigint"},
        ),
        Question(
            "cross_sell_all",
            "the same for every product with 20 such shoppers or more",
            {"anchor_product_id": "varchar", "product_id": "varchar", "viewers": "bigint", "views": "bigint"},
        ),
        Question(
            "rfm",
            "recency, frequency and monetary scores of everybody who ordered",
            {
                "customer_id": "varchar",
                "recency_days": "bigint",
                "orders": "bigint",
                "revenue": "decimal(18, 4)",
                "recency_score": "bigint",
                "frequency_score": "bigint",
                "monetary_score": "bigint",
            },
        ),
        Question(
            "engagement",
            "the engagement score of every customer",
            {"customer_id": "varchar", "engagement_score": "double"},
        ),
    )
}


@dataclass(frozen=True)
class Task:
    """What a contender is asked: the question, the prepared files, where the answer goes, and how much it may take."""

    question: str
    folder: str
    output: str
    scratch: str
    as_of_date: str
    anchor_product_id: str
    compiled: str = ""
    threads: int = 2
    memory_gb: int = 4

    def files(self, table: str) -> str:
        """The glob of a table's files."""
        return f"{self.folder}/{table}/*.parquet"
