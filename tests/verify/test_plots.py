from __future__ import annotations

import sys

import pytest

from linsub import verify
from linsub.errors import MissingExtraError
from linsub.verify.plots import draw
from tests.verify import toys

PNG = b"\x89PNG"


@pytest.fixture
def report(toy):
    toys.register_norm()
    toys.register_eckart_young()
    toys.register_rate(None)
    toys.register_expectation()
    found = verify.run()
    found.rows.append(verify.run("toy-norm", subject=toys.broken).rows[0])
    found.rows[-1].id = "toy-broken"
    return found


def test_each_claim_gets_a_picture(report, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    # Another test of this process may have loaded it.
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    files = draw(report, tmp_path / "pictures")
    assert [file.name for file in files] == [
        *(f"{row.id}.png" for row in report.rows),
        "overview.png",
    ]
    assert all(file.read_bytes().startswith(PNG) for file in files)
    assert "matplotlib.pyplot" not in sys.modules


def test_without_matplotlib_the_way_out_is_named(report, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r'pip install "linsub\[plot\]"'):
        draw(report, tmp_path)
