"""Ring attention under JAX Pallas' TPU interpret mode: what the best known interpreter of mesh kernels takes for the
work of `mesh_kv` on a ring in f32.

usage: ring_pallas.py KEYS TILE REPEATS [races]

Eight devices hold KEYS keys and values and 16 queries each, head_dim 64. Tiles of keys and values go round in queues
of eight slots with credits; every device updates its softmax with each tile (m, l, o). Prints one JSON line: the
median of the repeats in milliseconds, after a first call that compiles, and the largest error against f64.
"""

import json
import os
import statistics
import sys
import time

N = 8
SLOTS, D, ROWS = 8, 64, 16

os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={N}"
os.environ["JAX_PLATFORMS"] = "cpu"
# Threads of XLA. With as many as there are cores the callbacks of eight devices wait for one another for ever.
os.environ["NPROC"] = "64"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax import lax  # noqa: E402
from jax.experimental import pallas as pl  # noqa: E402
from jax.experimental.pallas import tpu as pltpu  # noqa: E402
from jax.sharding import Mesh, NamedSharding, PartitionSpec  # noqa: E402

SCALE = 1.0 / np.sqrt(D)
LOGICAL = pl.DeviceIdType.LOGICAL


def updated(q, k, v, m, l, o):
    """Running maximum, sum and output of softmax attention with one more tile of keys and values."""
    scores = lax.dot_general(q, k, (((1,), (1,)), ((), ())), preferred_element_type=jnp.float32) * SCALE
    largest = jnp.maximum(m, jnp.max(scores, axis=1, keepdims=True))
    shrink, p = jnp.exp(m - largest), jnp.exp(scores - largest)
    weighted = lax.dot_general(p, v, (((1,), (0,)), ((), ())), preferred_element_type=jnp.float32)
    return largest, l * shrink + jnp.sum(p, axis=1, keepdims=True), o * shrink + weighted


def kernel_of(keys, tile):
    n_tiles = keys // tile
    messages = n_tiles * (N - 1)

    def kernel(q_ref, k_ref, v_ref, o_ref, kq, vq, ksend, vsend, krecv, vrecv, credit):
        me = lax.axis_index("x")
        right, left = lax.rem(me + 1, N), lax.rem(me + N - 1, N)
        barrier = pltpu.get_barrier_semaphore()
        for neighbour in (left, right):
            pl.semaphore_signal(barrier, 1, device_id=neighbour, device_id_type=LOGICAL)
        pl.semaphore_wait(barrier, 2)
        q = q_ref[...]

        def copies(slot, to, k_from, v_from):
            """The copies of a tile of keys and of values into slot `to` of the right neighbour."""
            right_of = {"device_id": right, "device_id_type": LOGICAL}
            return [
                pltpu.make_async_remote_copy(k_from, kq.at[to], ksend, krecv.at[slot], **right_of),
                pltpu.make_async_remote_copy(v_from, vq.at[to], vsend, vrecv.at[slot], **right_of),
            ]

        def send(k_from, v_from, number):
            slot = lax.rem(number, SLOTS)

            @pl.when(number >= SLOTS)
            def _():
                pl.semaphore_wait(credit, 1)

            sent = copies(slot, slot, k_from, v_from)
            for copy in sent:
                copy.start()
            return sent

        def one_tile(t, state):
            k_own, v_own = (ref.at[pl.ds(t * tile, tile)] for ref in (k_ref, v_ref))
            sent = send(k_own, v_own, t * (N - 1))
            state = updated(q, k_own[...], v_own[...], *state)
            for copy in sent:
                copy.wait_send()

            def hop(step, state):
                number = t * (N - 1) + step - 1
                slot, after = lax.rem(number, SLOTS), lax.rem(number + 1, SLOTS)
                for copy in copies(slot, slot, kq.at[slot], vq.at[slot]):
                    copy.wait_recv()

                @pl.when(step < N - 1)
                def _():
                    send(kq.at[slot], vq.at[slot], number + 1)

                state = updated(q, kq[slot], vq[slot], *state)

                @pl.when(step < N - 1)
                def _():
                    for copy in copies(after, after, kq.at[slot], vq.at[slot]):
                        copy.wait_send()

                @pl.when(number < messages - SLOTS)
                def _():
                    pl.semaphore_signal(credit, 1, device_id=left, device_id_type=LOGICAL)

                return state

            return lax.fori_loop(1, N, hop, state)

        begin = (
            jnp.full((ROWS, 1), -1e30, jnp.float32),
            jnp.zeros((ROWS, 1), jnp.float32),
            jnp.zeros((ROWS, D), jnp.float32),
        )
        _, l, o = lax.fori_loop(0, n_tiles, one_tile, begin)
        o_ref[...] = o / l

    return kernel


def call_of(keys, tile, races):
    vmem = pl.BlockSpec(memory_space=pltpu.VMEM)
    queue = pltpu.VMEM((SLOTS, tile, D), jnp.float32)
    dma = pltpu.SemaphoreType.DMA
    return pl.pallas_call(
        kernel_of(keys, tile),
        out_shape=jax.ShapeDtypeStruct((ROWS, D), jnp.float32),
        in_specs=[vmem] * 3,
        out_specs=vmem,
        scratch_shapes=[queue, queue, dma, dma, dma((SLOTS,)), dma((SLOTS,)), pltpu.SemaphoreType.REGULAR],
        compiler_params=pltpu.CompilerParams(collective_id=0),
        interpret=pltpu.InterpretParams(detect_races=races, dma_execution_mode="on_wait"),
    )


def exact(q, k, v):
    scores = (q.astype(np.float64) @ k.astype(np.float64).T) * SCALE
    p = np.exp(scores - scores.max(1, keepdims=True))
    return (p @ v.astype(np.float64)) / p.sum(1, keepdims=True)


def main():
    keys, tile, repeats = (int(given) for given in sys.argv[1:4])
    races = sys.argv[4:] == ["races"]
    mesh, by_row = Mesh(np.array(jax.devices()[:N]), ("x",)), PartitionSpec("x", None)
    call = call_of(keys, tile, races)
    run = jax.jit(jax.shard_map(call, mesh=mesh, in_specs=(by_row,) * 3, out_specs=by_row, check_vma=False))
    random = np.random.default_rng(0)
    given = [random.standard_normal((N * rows, D), dtype=np.float32) for rows in (ROWS, keys, keys)]
    placed = [jax.device_put(array, NamedSharding(mesh, by_row)) for array in given]
    out = np.asarray(run(*placed))
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        jax.block_until_ready(run(*placed))
        times.append(time.perf_counter() - begin)
    error = float(np.abs(out - exact(*given)).max())
    print(json.dumps({"median_ms": statistics.median(times) * 1e3, "max_abs_error": error}), flush=True)


if __name__ == "__main__":
    main()
