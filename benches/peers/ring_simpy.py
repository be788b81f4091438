"""The ring of the `ring_model` kernel as a SimPy program: what a general event library reaches on the same work.

usage: ring_simpy.py RANKS STEPS SLOTS REPEATS

Every PE has a DMA engine, a math engine and a link to its right neighbour (8192 B at 64 B/cycle, 4 cycles a
hop), and a ring of slots with credits. It sends its own K and V; then, each step, it receives K and V, forwards
both unless the step is the last, computes on the math engine, waits for the forward and returns two credits.
Prints one JSON line; `makespan` is -1 when the ring deadlocks, as it does with fewer than four slots.
"""

import json
import sys
import time

import simpy

SEND_CYCLES = 8192 // 64
HOP_CYCLES = 4


def compute_cycles(rank, step):
    """The five ops of a step, in order, on the one math engine."""
    gemm = 64 + (rank * 5 + step * 3) % 11
    return [gemm, *(8 + (rank * 7 + step * 3 + i) % 5 for i in range(3)), gemm]


class Pe:
    def __init__(self, env, rank, slots):
        self.env, self.rank = env, rank
        self.dma = simpy.Resource(env, 1)
        self.math = simpy.Resource(env, 1)
        self.link = simpy.Resource(env, 1)
        self.inbox = simpy.Store(env)
        self.credits = simpy.Container(env, slots, init=slots)
        self.right = self.left = None
        self.ops, self.finished = 0, -1

    def arrive(self, tile):
        yield self.env.timeout(HOP_CYCLES)
        yield self.right.inbox.put(tile)

    def return_credit(self):
        yield self.env.timeout(HOP_CYCLES)
        yield self.credits.put(1)

    def send(self, tile):
        yield self.credits.get(1)
        with self.dma.request() as dma:
            yield dma
            with self.link.request() as link:
                yield link
                yield self.env.timeout(SEND_CYCLES)
        self.env.process(self.arrive(tile))
        self.ops += 1

    def send_both(self, step):
        yield from self.send(("K", step))
        yield from self.send(("V", step))

    def compute(self, cycles):
        with self.math.request() as math:
            yield math
            yield self.env.timeout(cycles)
        self.ops += 1

    def run(self, steps):
        yield self.env.process(self.send_both(0))
        for step in range(1, steps + 1):
            for _ in range(2):
                yield self.inbox.get()
                self.ops += 1
            forward = self.env.process(self.send_both(step)) if step < steps else None
            for cycles in compute_cycles(self.rank, step):
                yield from self.compute(cycles)
            if forward is not None:
                yield forward
            for _ in range(2):
                self.env.process(self.left.return_credit())
        self.finished = self.env.now


def once(ranks, steps, slots):
    env = simpy.Environment()
    pes = [Pe(env, rank, slots) for rank in range(ranks)]
    for rank, pe in enumerate(pes):
        pe.right, pe.left = pes[(rank + 1) % ranks], pes[rank - 1]
    for pe in pes:
        env.process(pe.run(steps))
    began = time.perf_counter()
    env.run()
    seconds = time.perf_counter() - began
    return seconds, sum(pe.ops for pe in pes), max(pe.finished for pe in pes)


def main():
    ranks, steps, slots, repeats = map(int, sys.argv[1:])
    runs = [once(ranks, steps, slots) for _ in range(repeats)]
    seconds, ops, makespan = min(runs)
    print(json.dumps({"simpy": simpy.__version__, "ops": ops, "makespan": makespan, "ns_per_op": seconds / ops * 1e9}))


main()
