"""Makes cases.json (data) and reference_python.json (what lifelines, NumPy, SciPy and statsmodels say of them).

Run in this folder; see README.md. The data come from a generator of our own, so that they are the same everywhere.
"""

import json
import math
import warnings

import numpy
import pandas
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import median_survival_times, qth_survival_times
from scipy.stats import chi2
from statsmodels.stats.contingency_tables import Table2x2


class Chance:
    """SplitMix64 (Steele, Lea and Flood 2014)."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)

    def below(self, limit):
        return int(self.next() * limit)


def times(seed, units, rate, end, step, columns, effects):
    """Exponential times, censored at a time of their own and at `end`, rounded up to multiples of `step`."""
    chance = Chance(seed)
    rows = {"time": [], "event": []}
    covariates = [[] for _ in columns]
    for _ in range(units):
        values = []
        for kind in columns:
            if kind == "binary":
                values.append(float(chance.next() < 0.4))
            else:
                values.append(round(chance.next() * 4 - 2, 3))
        hazard = rate * math.exp(sum(v * e for v, e in zip(values, effects)))
        time = -math.log(1 - chance.next()) / hazard
        censored = min(end, chance.next() * end * 1.5)
        rows["event"].append(int(time <= censored))
        rows["time"].append(float(max(step, math.ceil(min(time, censored) / step) * step)))
        for column, value in zip(covariates, values):
            column.append(value)
    rows["covariates"] = covariates
    return rows


def plain(rows):
    return {"time": rows["time"], "event": rows["event"]}


def grouped(rows, groups, seed):
    chance = Chance(seed)
    return {**plain(rows), "group": [chance.below(groups) for _ in rows["time"]], "groups": groups}


def cases():
    chance = Chance(1)
    continuous = times(11, 400, 0.01, 200.0, 1 / 1024, ["number"] * 3, [0.5, -0.3, 0.0])
    heavy = times(12, 800, 0.04, 24.0, 1.0, ["binary"] * 16, [0.6, -0.5, 0.4, -0.3, 0.2, -0.1] + [0.05] * 10)
    mixed = times(13, 300, 0.02, 120.0, 1.0, ["binary", "number", "binary"], [0.7, 0.2, -0.4])
    days = times(14, 1000, 0.0004, 2191.0, 1.0, ["binary"] * 2, [0.4, -0.2])
    few = {
        "time": [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 5.0, 7.0, 7.0],
        "event": [1, 0, 1, 1, 0, 1, 0, 0, 1, 0],
    }
    five = grouped(times(15, 600, 0.02, 60.0, 1.0, [], []), 5, 16)
    empty = grouped(times(17, 200, 0.02, 60.0, 1.0, [], []), 3, 18)
    empty["groups"] = 4
    quiet = grouped(times(19, 200, 0.02, 60.0, 1.0, [], []), 3, 20)
    quiet["event"] = [e if g != 2 else 0 for e, g in zip(quiet["event"], quiet["group"])]
    single = {**plain(mixed), "group": [0] * 300, "groups": 1}
    none = {**plain(few), "event": [0] * 10, "group": [0, 1] * 5, "groups": 2}
    separated = {"time": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], "event": [1, 1, 1, 1, 0, 0, 0, 0],
                 "covariates": [[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]]}
    singular = {**plain(mixed), "covariates": [mixed["covariates"][0], [1 - v for v in mixed["covariates"][0]]]}
    return {
        "quantile": {
            "one to ten": {"value": [float(v) for v in range(1, 11)]},
            "with ties": {"value": [float(chance.below(6)) for _ in range(25)]},
            "two values": {"value": [3.0, 10.0]},
            "a thousand": {"value": [round(chance.next() * 500, 4) for _ in range(1000)]},
        },
        "kaplan_meier": {
            "ties and censoring at the time of events": few,
            "no events": {"time": [2.0, 4.0, 4.0], "event": [0, 0, 0]},
            "everybody has the event": {"time": [1.0, 2.0, 2.0, 4.0, 9.0], "event": [1] * 5},
            "one unit": {"time": [3.0], "event": [1]},
            "heavy ties": plain(heavy),
            "hardly any ties": plain(continuous),
            "days": plain(days),
        },
        "log_rank": {
            "two groups": {**plain(heavy), "group": [int(v) for v in heavy["covariates"][0]], "groups": 2},
            "hardly any ties": {**plain(continuous), "group": [int(v > 0) for v in continuous["covariates"][0]], "groups": 2},
            "five groups": five,
            "an empty group": empty,
            "a group without events": quiet,
            "few units": {**few, "group": [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], "groups": 2},
            "one group": single,
            "no events": none,
        },
        "relative_risk": {
            "small": {"part": 12, "whole": 40, "reference_part": 15, "reference_whole": 90},
            "large": {"part": 830, "whole": 4120, "reference_part": 2210, "reference_whole": 9800},
            "equal": {"part": 20, "whole": 100, "reference_part": 20, "reference_whole": 100},
            "all of them": {"part": 30, "whole": 30, "reference_part": 20, "reference_whole": 60},
        },
        "cox": {
            "one covariate": {**plain(mixed), "covariates": mixed["covariates"][:1]},
            "three numbers": continuous,
            "ties": mixed,
            "heavy ties and sixteen covariates": heavy,
            "days": days,
            "no events": {**plain(none), "covariates": [[0.0, 1.0] * 5]},
            "separation": separated,
            "singular": singular,
        },
    }


def kaplan_meier(data):
    fitter = KaplanMeierFitter().fit(data["time"], data["event"])
    points = []
    distinct = sorted({0.0, *data["time"]})
    for time in distinct[:: 1 + len(distinct) // 60]:
        survival = float(fitter.survival_function_.loc[:time].iloc[-1, 0])
        lower, upper = (float(v) for v in fitter.confidence_interval_.loc[:time].iloc[-1])
        point = {"time": time, "survival": survival}
        if 0 < survival:
            point.update(lower=lower, upper=upper)
        points.append(point)
    # Past a survival of nought the interval has no meaning, so its ends are taken from the times before.
    interval = fitter.confidence_interval_[fitter.survival_function_.iloc[:, 0] > 0]
    ends = [qth_survival_times(0.5, interval[[name]]) for name in interval.columns]
    finite = lambda value: float(value) if math.isfinite(value) else None
    lower, upper = (finite(float(end)) for end in ends)
    return {"points": points, "median": finite(fitter.median_survival_time_), "median_lower": lower, "median_upper": upper}


def log_rank(data):
    if sum(data["event"]) == 0 or len(set(data["group"])) < 2:
        return {"statistic": None, "degrees_of_freedom": None, "p": None}
    test = multivariate_logrank_test(data["time"], data["group"], data["event"])
    degrees = len(set(data["group"])) - 1
    return {
        "statistic": float(test.test_statistic),
        "degrees_of_freedom": degrees,
        "p": float(chi2.sf(test.test_statistic, degrees)),
    }


def relative_risk(data):
    a, b = data["part"], data["whole"] - data["part"]
    c, d = data["reference_part"], data["reference_whole"] - data["reference_part"]
    table = Table2x2([[a, b], [c, d]], shift_zeros=False)
    lower, upper = table.riskratio_confint(0.05)
    return {"ratio": float(table.riskratio), "lower": float(lower), "upper": float(upper)}


def cox(data):
    frame = pandas.DataFrame({f"x{i}": column for i, column in enumerate(data["covariates"])})
    frame["time"], frame["event"] = data["time"], data["event"]
    fitter = CoxPHFitter()
    options = {"precision": 1e-14, "r_precision": 1e-16, "max_steps": 100}
    fitter.fit(frame, "time", "event", fit_options=options)
    summary = fitter.summary
    return {
        "coefficient": [float(v) for v in summary["coef"]],
        "error": [float(v) for v in summary["se(coef)"]],
        "p": [float(v) for v in summary["p"]],
        "log_likelihood": float(fitter.log_likelihood_),
    }


def main():
    warnings.filterwarnings("error", category=RuntimeWarning)
    warnings.filterwarnings("ignore", category=RuntimeWarning, message="invalid value|divide by zero")
    data = cases()
    reference = {method: {} for method in data}
    for name, case in data["quantile"].items():
        lower, median, upper = numpy.percentile(case["value"], [25, 50, 75], method="linear")
        reference["quantile"][name] = {"lower_quartile": lower, "median": median, "upper_quartile": upper}
    for name, case in data["kaplan_meier"].items():
        reference["kaplan_meier"][name] = kaplan_meier(case)
    for name, case in data["log_rank"].items():
        reference["log_rank"][name] = log_rank(case)
    for name, case in data["relative_risk"].items():
        reference["relative_risk"][name] = relative_risk(case)
    for name, case in data["cox"].items():
        if name not in ["no events", "separation", "singular"]:
            reference["cox"][name] = cox(case)
        else:
            reference["cox"][name] = {"fails": name}
    for path, content in [("cases.json", data), ("reference_python.json", reference)]:
        with open(path, "w") as file:
            json.dump(content, file, separators=(",", ":"), sort_keys=True)
            file.write("\n")


main()
