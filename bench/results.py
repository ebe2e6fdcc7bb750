"""Tables of what was measured, and what is wanted of them."""

import dataclasses
import statistics
import typing

MORE_IS_BETTER = {"job-steps/s", "images/s"}


@dataclasses.dataclass(frozen=True)
class Table:
    """Contestants, each with one value a round; ours comes first. Not a contest: `against` is of no use."""

    name: str
    unit: str
    results: dict
    contest: bool = True

    def ours(self):
        return next(iter(self.results.values()))

    def named(self, start):
        """Values of the contestant whose name begins so ("bmm" of "bmm, 8 jobs")."""
        exact = self.results.get(start)
        return exact or next(values for name, values in self.results.items() if name.startswith(start))

    def times_better(self, values):
        """How many times better ours is, round by round."""
        pairs = zip(self.ours(), values)
        return [a / b if self.unit in MORE_IS_BETTER else b / a for a, b in pairs]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """One row of the table at the top of the page: the median of some values, and its bound."""

    what: str
    table: str
    values: typing.Callable  # Table -> one value a round
    bound: float
    unit: str = "x"
    at_most: bool = False

    def reached(self, value):
        return value <= self.bound if self.at_most else value >= self.bound

    def median(self, table):
        return statistics.median(self.values(table))


def times(what, table, against, bound):
    """Ours is `bound` times better than the contestant `against` at least."""
    return Wanted(what, table, lambda t: t.times_better(t.named(against)), bound)


def at_most(what, table, who, bound, unit):
    return Wanted(what, table, lambda t: t.named(who), bound, unit, at_most=True)


def quotient(results, above, below):
    """The name says what: above / below, round by round."""
    return [a / b for a, b in zip(results[above], results[below])]
