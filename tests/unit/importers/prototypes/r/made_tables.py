"""Small tables that the scripts read: made of fixed random numbers, each for another exercise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def write_tables(folder: Path) -> None:
    """Write all of them."""
    for make in (_insurance, _passengers, _bikes, _houses, _buyers):
        for name, rows in make(np.random.default_rng(0)).items():
            rows.to_csv(folder / name, index=False)


def _some(random: np.random.Generator, rows: int, share: float) -> np.ndarray:
    return random.random(rows) < share


def _insurance(random: np.random.Generator) -> dict[str, pd.DataFrame]:
    n = 300
    age, smoker = random.integers(18, 65, n), random.choice(["yes", "no"], n, p=[0.2, 0.8])
    bmi, children = np.round(random.normal(30, 6, n), 1), random.integers(0, 5, n)
    effect = 7 + 0.03 * age + 0.02 * bmi + 1.4 * (smoker == "yes") + 0.1 * children
    columns = {
        "age": age,
        "sex": random.choice(["male", "female"], n),
        "bmi": bmi,
        "children": children,
        "smoker": smoker,
        "region": random.choice(["northeast", "southwest", "southeast"], n),
        "charges": np.round(np.exp(effect + random.normal(0, 0.3, n)), 2),
    }
    rows = pd.DataFrame(columns).astype({"region": object})
    rows.loc[_some(random, n, 0.05), "bmi"] = np.nan
    rows.loc[_some(random, n, 0.04), "region"] = "NA"
    return {"insurance.csv": rows}


def _passengers(random: np.random.Generator) -> dict[str, pd.DataFrame]:
    n = 400
    level, sex = random.choice([1, 2, 3], n), random.choice(["male", "female"], n)
    age, port = np.round(random.uniform(1, 80, n), 1), random.choice(["S", "C", "Q", ""], n, p=[0.6, 0.2, 0.15, 0.05])
    chance = 1 / (1 + np.exp(-(1.5 - 0.8 * level + 2 * (sex == "female") - 0.02 * age)))
    columns = {
        "Id": np.arange(n),
        "Survived": (random.random(n) < chance).astype(int),
        "Class": level,
        "Name": [f"Doe{k}, {title}. X" for k, title in enumerate(random.choice(["Mr", "Mrs", "Dr"], n))],
        "Sex": sex,
        "Age": age,
        "Siblings": random.integers(0, 3, n),
        "Parents": random.integers(0, 3, n),
        "Fare": np.round(np.exp(random.normal(3, 0.9, n)), 2),
        "Port": port,
    }
    rows = pd.DataFrame(columns)
    rows.loc[_some(random, n, 0.2), "Age"] = np.nan
    return {"passengers.csv": rows}


def _bikes(random: np.random.Generator) -> dict[str, pd.DataFrame]:
    n = 400
    hour, warmth = random.integers(0, 24, n), np.round(random.normal(15, 8, n), 1)
    columns = {
        "id": np.arange(n),
        "season": random.integers(1, 5, n),
        "hour": hour,
        "sky": random.choice(["clear", "rain", "mist"], n),
        "temperature": warmth,
        "humidity": random.integers(0, 100, n),
        "count": random.poisson(np.exp(1 + 0.04 * warmth + 0.5 * np.isin(hour, [8, 17]))),
    }
    rows = pd.DataFrame(columns)
    rows.loc[_some(random, n, 0.05), "temperature"] = np.nan
    weather = pd.DataFrame({"sky": ["rain", "clear", "mist"], "comfort": [0.1, 0.9, 0.45]})
    return {"bikes.csv": rows, "weather.csv": weather}


def _houses(random: np.random.Generator) -> dict[str, pd.DataFrame]:
    n = 300
    zone, floor, built = (
        random.choice(["A", "B", "C"], n),
        random.integers(400, 2000, n),
        random.integers(1900, 2010, n),
    )
    alley, rooms = random.choice(["NA", "Grvl", "Pave", ""], n, p=[0.6, 0.15, 0.15, 0.1]), random.integers(1, 5, n)
    price = 50_000 + 80 * floor * (1 + 0.3 * (zone == "B")) - 300 * (2010 - built) + 5000 * rooms
    columns = {
        "Id": np.arange(n),
        "Zone": zone,
        "1stFlr": floor,
        "Built Year": built,
        "Changed Year": np.minimum(2010, built + random.integers(0, 30, n) * _some(random, n, 0.4)),
        "Alley": alley,
        "Front": np.round(random.normal(70, 15, n)),
        "Rooms": rooms,
        "Income": pd.Series(zone).map({"A": 44.1, "B": 28.9, "C": 30.5}),
        "Price": np.round(price + 9000 * (alley == "Pave") + random.normal(0, 8000, n)),
    }
    rows = pd.DataFrame(columns).astype({"Front": object})
    rows.loc[_some(random, n, 0.15), "Front"] = "NA"
    return {"houses.csv": rows}


def _buyers(random: np.random.Generator) -> dict[str, pd.DataFrame]:
    n = 300
    age, salary = random.integers(18, 60, n), random.integers(15, 150, n) * 1000
    chance = 1 / (1 + np.exp(12 - 0.2 * age - 0.00004 * salary))
    columns = {
        "User ID": np.arange(n) + 15_000_000,
        "Gender": random.choice(["Male", "Female"], n),
        "Age": age,
        "Salary": salary,
        "Bought": (random.random(n) < chance).astype(int),
    }
    rows = pd.DataFrame(columns).astype({"Age": object})
    rows.loc[_some(random, n, 0.03), "Age"] = None
    return {"buyers.csv": rows}
