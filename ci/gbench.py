# SPDX-License-Identifier: GPL-2.0-only
"""A run's results in Google Benchmark's JSON format."""

import statistics

AGGREGATES = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "stddev": lambda samples: statistics.stdev(samples) if len(samples) > 1 else 0.0,
}


def entry(name: str, run_name: str, kind: str, family: int, samples: int, time: float, unit: str, **more) -> dict:
    return {"name": name, "family_index": family, "per_family_instance_index": 0, "run_name": run_name,
            "run_type": kind, "repetitions": samples, **more, "threads": 1, "iterations": 1,
            "real_time": time, "cpu_time": time, "time_unit": unit}


def entries(family: int, result: dict) -> list[dict]:
    name = result["workload"]
    if "error" in result:
        return [entry(name, name, "iteration", family, 1, 0.0, "ns", repetition_index=0,
                      error_occurred=True, error_message=result["error"]["errno"])]
    samples, unit = result["samples"], result["unit"]
    rows = [
        entry(name, name, "iteration", family, len(samples), float(sample), unit, repetition_index=index)
        for index, sample in enumerate(samples)
    ]
    return rows + [
        entry(f"{name}_{aggregate}", name, "aggregate", family, len(samples), function(samples), unit,
              aggregate_name=aggregate, aggregate_unit="time")
        for aggregate, function in AGGREGATES.items()
    ]


def document(context: dict, results: list[dict]) -> dict:
    return {"context": context,
            "benchmarks": [row for family, result in enumerate(results) for row in entries(family, result)]}
