"""A kernel written in Python by its plain description is the program that the Rust kernel records."""

import json
import subprocess
import sys

import pytest

from mesh_mlo import PLACE, mesh_mlo


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("ranks", "kv_len"), [(1, 40), (3, 64), (8, 333), (8, 5)])
def test_mesh_mlo_has_the_digests_of_the_rust_kernel(ranks, kv_len, packed):
    settings = dict(ranks=ranks, kv_len=kv_len, heads=4, kv_heads=2, head_dim=16, kv_block=32)
    settings |= dict(packed=str(packed).lower(), slots=4, topology="line")
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    told = subprocess.run([sys.executable, "-m", "kernmesh", "run", "mesh_mlo", *words, "--json", "-"], capture_output=True)
    rust = json.loads(told.stdout)
    shapes = {"q": (4, 1, 16), "k": (2, kv_len, 16), "v": (2, kv_len, 16)}
    run = mesh_mlo.run(shapes=shapes, ranks=ranks, place=PLACE, block=32, packed=packed).check()
    assert run.digests.structure == rust["digests"]["structure"]
    assert run.digests.data == rust["digests"]["data"]
    assert run.makespan_cycles == rust["makespan_cycles"]
