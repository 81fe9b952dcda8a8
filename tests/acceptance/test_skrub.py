"""The estimators fit in where skrub prepares tables: after its vectoriser, and in its plans of data operations."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from journeyman import JourneymanClassifier, JourneymanRegressor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("skrub") is None, reason="skrub is not installed"),
]


@pytest.fixture(scope="module")
def orders():
    """A table of names, dates, numbers and gaps, with a price that they make."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": rng.normal(50.0, 9.0, 200),
            "city": rng.choice(["Cork", "Århus", "Rome"], 200),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, 200), "D"),
        }
    )
    price = frame["size"] + 20.0 * (frame["city"] == "Rome") + rng.normal(size=200)
    frame.loc[rng.random(200) < 0.1, "size"] = np.nan
    return frame, price.rename("price")


def test_a_pipeline_after_the_vectoriser(orders):
    skrub = import_module("skrub")
    x, price = orders
    model = skrub.tabular_pipeline(JourneymanRegressor(trials=2, random_state=0)).fit(x[:150], price[:150])
    assert model.score(x[150:], price[150:]) > 0.5


def test_the_table_as_it_is_in_data_operations(orders):
    skrub = import_module("skrub")
    x, price = orders
    rows = skrub.var("rows", x.assign(price=price))
    features = rows.drop(columns="price").skb.mark_as_X()
    dear = (rows["price"] > price.median()).skb.mark_as_y()
    learner = features.skb.apply(JourneymanClassifier(trials=2, random_state=0), y=dear).skb.make_learner()
    learner.fit({"rows": x.assign(price=price)[:150]})
    told = learner.predict({"rows": x.assign(price=price)[150:]})
    assert np.mean(told == (price[150:] > price.median())) > 0.7
