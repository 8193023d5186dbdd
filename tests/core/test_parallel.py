import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from linsub._core.parallel import tree_reduce
from linsub.errors import InvalidInputError, InvalidTypeError


def bracket(a, b):
    return f"({a}{b})"


@pytest.fixture
def threads():
    with ThreadPoolExecutor(4) as executor:
        yield executor


def test_known_trees():
    trees = [tree_reduce(range(n), str, bracket) for n in (1, 2, 3, 5)]
    assert trees == ["0", "(01)", "((01)2)", "(((01)(23))4)"]
    assert tree_reduce(range(5), str, bracket, fanout=3) == "(((01)2)(34))"


@pytest.mark.parametrize("fanout", [2, 3, 7])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9, 31, 64])
def test_the_tree_does_not_depend_on_the_workers(n, fanout, threads):
    delays = np.random.default_rng(n).permutation(n) * 1e-4

    def make(i):
        time.sleep(delays[i])
        return str(i)

    here = tree_reduce(range(n), str, bracket, fanout=fanout)
    assert tree_reduce(range(n), make, bracket, executor=threads, fanout=fanout) == here
    order = here.replace("(", "").replace(")", "")
    assert order == "".join(map(str, range(n)))


def test_floating_point_sums_are_equal_to_the_last_bit(threads):
    values = np.random.default_rng(0).standard_normal(1000)
    expected = tree_reduce(values, float, lambda a, b: a + b)
    for _ in range(3):
        assert tree_reduce(values, float, lambda a, b: a + b, executor=threads) == expected


def test_processes():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert tree_reduce(range(5), str, "{}{}".format, executor=executor) == "01234"


def test_items_are_read_no_faster_than_they_are_used(threads):
    lock = threading.Lock()
    made = 0
    read = 0
    lead = 0

    def items():
        nonlocal read, lead
        for i in range(200):
            with lock:
                read += 1
                lead = max(lead, read - made)
            yield i

    def make(i):
        nonlocal made
        time.sleep(1e-4)
        with lock:
            made += 1
        return i

    total = tree_reduce(items(), make, lambda a, b: a + b, executor=threads, in_flight=6)
    assert total == sum(range(200))
    assert lead <= 7
    read = made = lead = 0
    assert tree_reduce(items(), make, lambda a, b: a + b) == total
    assert lead == 1


def test_few_states_wait():
    alive = set()
    most = 0

    def make(i):
        nonlocal most
        alive.add(i)
        most = max(most, len(alive))
        return (i,)

    def merge(a, b):
        alive.discard(b[0])
        return a + b

    assert len(tree_reduce(range(1024), make, merge)) == 1024
    assert most <= 11  # one a level of the tree, and the new one


def fail_on_five(i):
    if i == 5:
        raise ZeroDivisionError("five")
    return i


@pytest.mark.parametrize("parallel", [False, True])
def test_errors_say_for_which_item(parallel, threads):
    executor = threads if parallel else None
    with pytest.raises(ZeroDivisionError, match="five") as caught:
        tree_reduce(range(100), fail_on_five, lambda a, b: a + b, executor=executor)
    assert caught.value.__notes__ == ["raised by make() for item 5"]

    def merge(a, b):
        raise KeyError("merge")

    with pytest.raises(KeyError) as caught:
        tree_reduce(range(2), str, merge, executor=executor)
    assert caught.value.__notes__ == ["raised by merge() for items 0 to 1"]


def test_nothing_runs_on_after_an_error():
    running = 0
    lock = threading.Lock()

    def make(i):
        nonlocal running
        if i == 0:
            raise ValueError("first")
        with lock:
            running += 1
        time.sleep(0.01)
        with lock:
            running -= 1
        return i

    with ThreadPoolExecutor(4) as executor:
        with pytest.raises(ValueError, match="first"):
            tree_reduce(range(100), make, lambda a, b: a + b, executor=executor)
        assert running == 0


def test_an_error_of_the_iterable_is_passed_on(threads):
    def items():
        yield 1
        raise OSError("disk")

    for executor in (None, threads):
        with pytest.raises(OSError, match="disk"):
            tree_reduce(items(), str, bracket, executor=executor)


def test_refuses_bad_arguments():
    with pytest.raises(InvalidInputError, match="items is empty"):
        tree_reduce([], str, bracket)
    with pytest.raises(InvalidInputError, match="fanout must satisfy 2 <= fanout, got 1"):
        tree_reduce([1], str, bracket, fanout=1)
    with pytest.raises(InvalidTypeError, match="fanout must be an integer"):
        tree_reduce([1], str, bracket, fanout=2.0)
    with pytest.raises(InvalidInputError, match="in_flight must satisfy"):
        tree_reduce([1], str, bracket, in_flight=0)


def test_the_items_may_be_changed_in_place():
    blocks = [np.full(3, float(i)) for i in range(9)]

    def merge(a, b):
        a += b
        return a

    np.testing.assert_array_equal(tree_reduce(blocks, np.copy, merge), np.full(3, 36.0))
    np.testing.assert_array_equal(blocks[0], np.zeros(3))
