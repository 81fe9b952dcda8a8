"""A made-up year of air sensors: the loop beside never learning again and learning again every 1,000 rows.

    python benchmarks/operate_air.py [--seeds 1 2 3] [--gain 0.35] [--season 1.0] [--no-dates]

Hourly rows: the target is a gas (carbon monoxide) by a reference instrument, beside five metal-oxide sensors whose gain
wanders with their age, three other gases, temperature and humidity. The relation of gas to sensors goes with the
season. -200 stands for what is missing: outages of hours of all sensors or of single ones, and one column that is dead
from row 914 on. Losses are mean absolute errors; "within" is the loop's over the least of the fixed policies', less 1.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from journeyman.entities.decision import Action
from journeyman.entities.simulation import Simulated, SimulateSettings
from journeyman.pipelines import simulate as simulating
from journeyman.pipelines import simulated_policies as policies

ROWS, DEAD, PERIOD = 9_357, 914, 1_000
TARGET = "CO(GT)"
FloatArray = NDArray[np.float64]


def wandering(rng: np.random.Generator, rows: int, memory: float, spread: float) -> FloatArray:
    return lfilter([np.sqrt(1 - memory**2) * spread], [1, -memory], rng.normal(size=rows))


def weather(
    rng: np.random.Generator, hour: FloatArray, winter: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    heat = 18 - 10 * winter + 4.5 * np.cos(2 * np.pi * (hour - 15) / 24) + wandering(rng, len(hour), 0.99, 3.0)
    damp = np.clip(49 - 1.3 * (heat - 18) + wandering(rng, len(hour), 0.985, 12), 9, 89)
    water = damp / 100 * 6.112 * np.exp(17.62 * heat / (243.1 + heat)) * 2.1674 / (273.15 + heat)
    return heat, damp, water


def air(seed: int, gain: float = 0.35, season: float = 1.0, dates: bool = True) -> pd.DataFrame:
    """Return the stream; rows without a target are left out."""
    rng, t = np.random.default_rng(seed), np.arange(ROWS)
    hour, day = (t + 18) % 24, t // 24
    winter = np.cos(2 * np.pi * (t / 24 - 285) / 365)
    heat, damp, water = weather(rng, hour, winter)
    traffic = 0.25 + np.exp(-(((hour - 8.5) / 1.8) ** 2)) + 1.15 * np.exp(-(((hour - 19) / 2.4) ** 2))
    traffic = (traffic + 0.35 * np.exp(-(((hour - 13) / 4) ** 2))) * np.where((day + 2) % 7 >= 5, 0.62, 1.0)
    calm = wandering(rng, ROWS, 0.97, 0.5) + 0.275 * season * winter + 0.12 * rng.normal(size=ROWS)
    co = np.clip(1.45 * traffic * np.exp(calm), 0.1, 12)
    benzene = co * np.exp(1.4 - 0.28 * winter + wandering(rng, ROWS, 0.9, 0.12) + 0.08 * rng.normal(size=ROWS))
    nox = co * np.exp(4.5 + 0.45 * winter + wandering(rng, ROWS, 0.95, 0.18) + 0.1 * rng.normal(size=ROWS))
    no2 = 35 * np.sqrt(co) * np.exp(0.2 * winter + wandering(rng, ROWS, 0.97, 0.15)) + 12

    def sensor(level: float, gas: FloatArray, power: float, by: tuple[float, float], noise: float) -> FloatArray:
        aged = rng.normal() * gain * (t / ROWS) ** rng.uniform(0.6, 1.6)
        aged = aged + np.cumsum(rng.normal(size=ROWS)) / np.sqrt(ROWS) * gain * 0.5
        aged = aged + season * (by[0] * (heat - 18) / 10 + by[1] * (water - 1) / 0.4) + noise * rng.normal(size=ROWS)
        return np.round(level * (0.4 + 0.6 * (gas / np.median(gas)) ** power) * np.exp(aged))

    when = pd.Timestamp("2004-03-10 18:00") + pd.to_timedelta(t, unit="h")
    columns = {"Date": when.strftime("%d/%m/%Y"), "Time": when.strftime("%H.00.00")} if dates else {}
    frame = pd.DataFrame(
        {
            **columns,
            TARGET: np.round(co, 1),
            "PT08.S1(CO)": sensor(1080, co, 0.42, (-0.03, 0.05), 0.025),
            "NMHC(GT)": np.round(benzene * 18 * np.exp(0.15 * rng.normal(size=ROWS))),
            "C6H6(GT)": np.round(benzene, 1),
            "PT08.S2(NMHC)": sensor(930, benzene, 0.5, (0.03, 0.03), 0.015),
            "NOx(GT)": np.round(nox),
            "PT08.S3(NOx)": sensor(800, 1 / nox, 0.4, (-0.05, -0.04), 0.03),
            "NO2(GT)": np.round(no2),
            "PT08.S4(NO2)": sensor(1450, no2, 0.4, (0.09, 0.13), 0.02),
            "PT08.S5(O3)": sensor(1000, nox, 0.55, (-0.05, 0.05), 0.04),
            "T": np.round(heat, 1),
            "RH": np.round(damp, 1),
            "AH": np.round(water, 4),
        }
    )
    frame.loc[DEAD:, "NMHC(GT)"] = -200
    sensors = [name for name in frame if name.startswith("PT08")] + ["C6H6(GT)", "T", "RH", "AH"]
    for names, share, longest in ((sensors, 0.04, 70), (["NOx(GT)", "NO2(GT)"], 0.1, 60), ([TARGET], 0.1, 60)):
        lost = 0
        while lost < share * ROWS:
            begin, length = int(rng.integers(0, ROWS)), int(rng.integers(1, longest))
            frame.loc[begin : begin + length - 1, names] = -200
            lost += length
    return frame[frame[TARGET] != -200].reset_index(drop=True)


def fixed(replayed: policies.Replayed, retrained: int) -> tuple[policies.PolicyResult, ...]:
    """Return the loop's loss, that of never learning again, and that of learning again every 1,000 rows."""
    world, rows = replayed.world, len(replayed.world.rows)
    never = policies._lost(world, replayed.release, 0, rows)
    again, begins = never.copy(), range(PERIOD, rows - 100, PERIOD)
    for begin in begins:
        release = policies._again(replayed, begin, f"every-{begin}")
        again[begin:] = policies._lost(world, release, begin, rows)
    found = (("loop", world.losses, retrained), ("never", never, 0), ("every 1,000 rows", again, len(begins)))
    return tuple(policies._result(replayed, *each[:2], each[2]) for each in found)


def lived(frame: pd.DataFrame, place: Path) -> Simulated:
    table = place / "air.csv"
    frame.to_csv(table, index=False)
    simulating.policy_results = fixed  # other fixed policies than the command's
    return simulating.simulate(SimulateSettings(str(table), TARGET, place / "w", trials=3), lambda _: None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--gain", type=float, default=0.35)
    parser.add_argument("--season", type=float, default=1.0)
    parser.add_argument("--no-dates", action="store_true")
    options = parser.parse_args()
    for seed in options.seeds:
        began = time.process_time()
        with tempfile.TemporaryDirectory(prefix="journeyman-air-") as folder:
            done = lived(air(seed, options.gain, options.season, not options.no_dates), Path(folder))
        loss = {r.name: r.loss for r in done.results}
        best = min(value for name, value in loss.items() if name != "loop")
        promoted = sum(o.move.action is Action.PROMOTE for o in done.operations)
        print(
            f"seed {seed}: loop {loss['loop']:.4g}, never {loss['never']:.4g}, every 1,000 rows "
            f"{loss['every 1,000 rows']:.4g}, within {loss['loop'] / best - 1:+.1%}; learned again "
            f"{done.results[0].retrainings}, promoted {promoted}  ({time.process_time() - began:.0f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
