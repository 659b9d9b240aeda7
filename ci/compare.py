# SPDX-License-Identifier: GPL-2.0-only
"""Two kernels' results side by side: the rows of phyr-compare/2, and a table to read."""

from decimal import ROUND_HALF_UP, Decimal
from fnmatch import fnmatchcase

from ci.error import CiError

SCHEMA = "phyr-compare/2"
MEMORY_SCHEMA = "phyr-compare/3"     # the same, and sides have 'memory'
# family -> its forms, which are both measured in the phyr kernel
REPRESENTATIONS = {"gup": ("pages", "phyrs"), "dma": ("sg", "phyrs"), "crypto": ("sg", "phyrs")}
KERNELS = ("stock", "phyr")


class CompareError(CiError):
    pass


def side(result: dict, figure: bool) -> dict:
    """Without a figure where the measurement failed, and where what was measured is none."""
    if "error" in result:
        return {"error": result["error"]["errno"]}
    stats = result["stats"]
    return {name: stats[name] for name in (("median", "min", "max", "n") if figure else ("n",))}


def ratio(left: dict, right: dict) -> float | None:
    """How many times fewer on the right; none where a side has no figure."""
    if "median" not in left or not right.get("median"):
        return None
    return left["median"] / right["median"]


def inexactness(name: str, inexact: list[dict]) -> dict | None:
    """What bench/workloads.json says of a row that the host moves: its reason, and figure where it still is one."""
    return next((entry for entry in inexact if fnmatchcase(name, entry["rows"])), None)


def has_figure(name: str, inexact: list[dict]) -> bool:
    found = inexactness(name, inexact)
    return not found or found.get("figure", False)


def row(name: str, unit: str, labels: tuple[str, str], left: dict, right: dict, inexact: list[dict]) -> dict:
    a, b = (side(one, has_figure(name, inexact)) for one in (left, right))
    found = {"name": name, "unit": unit, labels[0]: a, labels[1]: b, "ratio": ratio(a, b)}
    entry = inexactness(name, inexact)
    return found | ({"inexact": entry["reason"]} if entry else {})


def family(name: str) -> str:
    """iommu:dma/map/thp/2MiB -> dma"""
    return name.split("/")[0].split(":")[-1]


def split_representation(name: str) -> tuple[str, str] | None:
    """gup/phyrs/pin/thp/2MiB -> (phyrs, gup/pin/thp/2MiB)"""
    parts = name.split("/")
    if parts[1] not in REPRESENTATIONS.get(family(name), ()):
        return None
    return parts[1], "/".join([parts[0], *parts[2:]])


def row_name(workload: str) -> str:
    """gup/phyrs/pin/thp/2MiB -> gup/pin/thp/2MiB"""
    return (split_representation(workload) or ("", workload))[1]


def rows(stock: list[dict], phyr: list[dict], inexact: list[dict]) -> list[dict]:
    """One row for each workload, grouped by operation. A workload that one kernel lacks is an error."""
    other = {result["workload"]: result for result in stock}
    represented: dict[str, dict[str, dict]] = {}
    found = []
    for result in phyr:
        name, unit = result["workload"], result.get("unit", "ns")
        if split := split_representation(name):
            sides = represented.setdefault(split[1], {})
            sides[split[0]] = result
            if len(sides) == 2:
                pair = REPRESENTATIONS[family(name)]
                found.append(row(split[1], unit, pair, sides[pair[0]], sides[pair[1]], inexact))
        elif name not in other:
            raise CompareError(f"{name}: measured in the phyr kernel only")
        else:
            found.append(row(name, other[name].get("unit", unit), KERNELS, other.pop(name), result, inexact))
    if lonely := [name for name, sides in represented.items() if len(sides) != 2]:
        raise CompareError(f"{lonely[0]}: only {', '.join(represented[lonely[0]])} was measured")
    if other:
        raise CompareError(f"{next(iter(other))}: measured in the stock kernel only")
    # All backings and sizes of one operation together.
    operations = list(dict.fromkeys(operation(entry) for entry in found))
    return sorted(found, key=lambda entry: operations.index(operation(entry)))


def operation(entry: dict) -> str:
    """mr/reg/thp/2MiB -> mr/reg"""
    return "/".join(entry["name"].split("/")[:-2])


def labels(entry: dict) -> tuple[str, str]:
    return KERNELS if "stock" in entry else REPRESENTATIONS[family(entry["name"])]


def figure(entry: dict) -> str:
    return entry["error"] if "error" in entry else f"{entry['median']:,.0f}" if "median" in entry else "works"


def rounded(value: float, decimals: int) -> str:
    """Halves go up, as in JavaScript."""
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"


def significant(value: float, digits: int) -> str:
    """Never with an exponent."""
    return rounded(value, max(0, digits - 1 - int(f"{value:.{digits - 1}e}".partition("e")[2])))


def shown_ratio(value: float) -> str:
    """As the page and phyrctl have it: userspace/tests/ratios.json."""
    if value >= 99.995:
        return rounded(value, 0)
    return rounded(value, 2) if value >= 0.1 or not value else significant(value, 3)


def times(entry: dict) -> str:
    return "-" if entry["ratio"] is None else shown_ratio(entry["ratio"])


def spread(entry: dict) -> float:
    """How far a row's samples are apart, as a part of their median: the worse of its sides."""
    sides = [entry[label] for label in labels(entry) if entry[label].get("median")]
    return max(((one["max"] - one["min"]) / one["median"] for one in sides), default=0.0)


def percent(part: float) -> str:
    """Nothing is 0, and nothing else is."""
    return "0" if not part else f"{100 * part:.0f} %" if part >= 0.1 else f"{100 * part:.2g} %"


def spreads(found: list[dict]) -> str:
    """What bench saw of all rows, in a line."""
    figures = [entry for entry in found if "inexact" not in entry]
    if not figures:
        return "spread: no row has a figure"
    same = sum(not spread(entry) for entry in figures)
    worst = max(figures, key=spread)
    return (f"spread: in {same} of {len(figures)} rows each sample is the same; the most is "
            f"{percent(spread(worst))}, {worst['name']}")


def table(found: list[dict], clock: str) -> str:
    unit = "ns (= instructions)" if clock == "icount" else "ns"
    width = max(len(entry["name"]) for entry in found)
    lines = []
    for pair in (KERNELS, *dict.fromkeys(REPRESENTATIONS.values())):
        heading = "stock kernel" if pair == KERNELS else f"{pair[0]} in the phyr kernel"
        chosen = [entry for entry in found if labels(entry) == pair]
        if not chosen:
            continue
        lines.append(f"{'median, ' + unit + ', clock ' + clock:<{width}}  {pair[0]:>14}  {pair[1]:>14}  {'ratio':>10}  "
                     f"{'spread':>8}   ratio = {heading} / {pair[1]}")
        for entry in chosen:
            both = "  ".join(f"{figure(entry[name]):>14}" for name in pair)
            end = f"{percent(spread(entry)):>8}"
            if "inexact" in entry:
                known = any("median" in entry[name] for name in pair)
                end = f"{end}   not exact: {entry['inexact']}" if known else f"no figure: {entry['inexact']}"
            lines.append(f"{entry['name']:<{width}}  {both}  {times(entry):>10}  {end}")
        lines.append("")
    lines.append("spread: from the least to the most of a row's samples, as a part of their median; of the worse side.")
    if clock == "icount":
        lines.append("Clock icount: QEMU counts one nanosecond per guest instruction. A median repeats to the "
                     "instruction from boot to boot. It "
                     "models no caches, no TLB and no memory latency.")
    else:
        lines.append("Clock kvm: real nanoseconds of this machine, host noise included.")
    return "\n".join(lines)


def document(found: list[dict], clock: str, releases: dict[str, str], date: str) -> dict:
    """releases: what each kernel calls its release; date: when it was measured, ISO 8601."""
    schema = MEMORY_SCHEMA if any("memory" in entry[label] for entry in found for label in labels(entry)) else SCHEMA
    return {"schema": schema, "clock": clock, "date": date, "kernels": releases, "rows": found}
