# SPDX-License-Identifier: GPL-2.0-only
"""Two kernels' results side by side: the rows of phyr-compare/1, and a table to read."""

from ci.error import CiError

SCHEMA = "phyr-compare/1"
# family -> its forms, which are both measured in the phyr kernel
REPRESENTATIONS = {"gup": ("pages", "phyrs"), "dma": ("sg", "phyrs"), "crypto": ("sg", "phyrs")}
KERNELS = ("stock", "phyr")


class CompareError(CiError):
    pass


def side(result: dict) -> dict:
    if "error" in result:
        return {"error": result["error"]["errno"]}
    stats = result["stats"]
    return {"median": stats["median"], "min": stats["min"], "n": stats["n"]}


def ratio(left: dict, right: dict) -> float | None:
    """How many times fewer on the right; none where a side has no figure."""
    if "error" in left or "error" in right or not right["median"]:
        return None
    return left["median"] / right["median"]


def row(name: str, unit: str, labels: tuple[str, str], left: dict, right: dict) -> dict:
    a, b = side(left), side(right)
    return {"name": name, "unit": unit, labels[0]: a, labels[1]: b, "ratio": ratio(a, b)}


def family(name: str) -> str:
    """iommu:dma/map/thp/2MiB -> dma"""
    return name.split("/")[0].split(":")[-1]


def split_representation(name: str) -> tuple[str, str] | None:
    """gup/phyrs/pin/thp/2MiB -> (phyrs, gup/pin/thp/2MiB)"""
    parts = name.split("/")
    if parts[1] not in REPRESENTATIONS.get(family(name), ()):
        return None
    return parts[1], "/".join([parts[0], *parts[2:]])


def rows(stock: list[dict], phyr: list[dict]) -> list[dict]:
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
                found.append(row(split[1], unit, pair, sides[pair[0]], sides[pair[1]]))
        elif name not in other:
            raise CompareError(f"{name}: measured in the phyr kernel only")
        else:
            found.append(row(name, other[name].get("unit", unit), KERNELS, other.pop(name), result))
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
    return entry["error"] if "error" in entry else f"{entry['median']:,.0f}"


def times(entry: dict) -> str:
    return "-" if entry["ratio"] is None else f"{entry['ratio']:,.{2 if entry['ratio'] < 100 else 0}f}"


def table(found: list[dict], clock: str) -> str:
    unit = "ns (= instructions)" if clock == "icount" else "ns"
    width = max(len(entry["name"]) for entry in found)
    lines = []
    for pair in (KERNELS, *dict.fromkeys(REPRESENTATIONS.values())):
        heading = "stock kernel" if pair == KERNELS else f"{pair[0]} in the phyr kernel"
        chosen = [entry for entry in found if labels(entry) == pair]
        if not chosen:
            continue
        lines.append(f"{'median, ' + unit + ', clock ' + clock:<{width}}  {pair[0]:>14}  {pair[1]:>14}  {'ratio':>10}"
                     f"   ratio = {heading} / {pair[1]}")
        for entry in chosen:
            both = "  ".join(f"{figure(entry[name]):>14}" for name in pair)
            lines.append(f"{entry['name']:<{width}}  {both}  {times(entry):>10}")
        lines.append("")
    if clock == "icount":
        lines.append("Clock icount: QEMU counts one nanosecond per guest instruction. It repeats to 0.1 %, and it "
                     "models no caches, no TLB and no memory latency.")
    else:
        lines.append("Clock kvm: real nanoseconds of this machine, host noise included.")
    return "\n".join(lines)


def document(found: list[dict], clock: str, releases: dict[str, str], date: str) -> dict:
    """releases: what each kernel calls its release; date: when it was measured, ISO 8601."""
    return {"schema": SCHEMA, "clock": clock, "date": date, "kernels": releases, "rows": found}
