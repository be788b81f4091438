use super::*;

const SIZES: [u32; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 64];

fn chain(topology: Topology, ranks: u32) -> Chain {
    Chain { topology, ranks }
}

/// Origin and step of what arrives from one side.
type Column = Vec<(u32, u32)>;

/// What comes from the left, and what comes from the right.
fn table(chain: Chain, rank: u32) -> (Column, Column) {
    let of = |heading| {
        let arrivals = chain.arrivals(rank).filter(move |arrival| arrival.heading == heading);
        arrivals.map(|arrival| (arrival.origin, arrival.step)).collect()
    };
    (of(Direction::Right), of(Direction::Left))
}

#[test]
fn what_reaches_a_rank_at_which_step() {
    let (line, ring) = (Topology::Line, Topology::Ring);
    for (topology, ranks, rank, from_left, from_right) in [
        (line, 1, 0, vec![], vec![]),
        (ring, 1, 0, vec![], vec![]),
        (line, 2, 0, vec![], vec![(1, 1)]),
        (line, 2, 1, vec![(0, 1)], vec![]),
        (ring, 2, 0, vec![(1, 1)], vec![]),
        (ring, 2, 1, vec![(0, 1)], vec![]),
        (line, 3, 1, vec![(0, 1)], vec![(2, 1)]),
        (ring, 3, 0, vec![(2, 1)], vec![(1, 1)]),
        (line, 4, 2, vec![(1, 1), (0, 2)], vec![(3, 1)]),
        (ring, 4, 0, vec![(3, 1), (2, 2)], vec![(1, 1)]),
        (ring, 5, 4, vec![(3, 1), (2, 2)], vec![(0, 1), (1, 2)]),
        (line, 5, 0, vec![], vec![(1, 1), (2, 2), (3, 3), (4, 4)]),
    ] {
        let found = table(chain(topology, ranks), rank);
        assert_eq!(found, (from_left, from_right), "rank {rank} of {ranks}, {topology:?}");
    }
}

#[test]
fn every_chunk_reaches_every_other_rank_once() {
    for ranks in SIZES {
        for topology in [Topology::Line, Topology::Ring] {
            for rank in 0..ranks {
                let mut origins: Vec<u32> = chain(topology, ranks).arrivals(rank).map(|a| a.origin).collect();
                origins.sort_unstable();
                let others: Vec<u32> = (0..ranks).filter(|&other| other != rank).collect();
                assert_eq!(origins, others, "rank {rank} of {ranks}, {topology:?}");
            }
        }
    }
}

#[test]
fn on_a_line_the_step_is_the_distance() {
    for ranks in SIZES {
        for rank in 0..ranks {
            for arrival in chain(Topology::Line, ranks).arrivals(rank) {
                assert_eq!(arrival.step, arrival.origin.abs_diff(rank));
            }
        }
    }
}

#[test]
fn on_a_ring_the_right_takes_the_odd_step() {
    for ranks in SIZES {
        for rank in 0..ranks {
            let (from_left, from_right) = table(chain(Topology::Ring, ranks), rank);
            assert_eq!(from_left.len() as u32, (ranks - 1).div_ceil(2), "{ranks} ranks");
            assert_eq!(from_right.len() as u32, (ranks - 1) / 2, "{ranks} ranks");
        }
    }
}

/// What one rank passes on is what the next receives, in the same order.
#[test]
fn neighbours_agree_on_every_message() {
    for ranks in SIZES {
        for topology in [Topology::Line, Topology::Ring] {
            let chain = chain(topology, ranks);
            for (rank, heading) in (0..ranks).flat_map(|rank| Direction::BOTH.map(|heading| (rank, heading)))
            {
                if topology == Topology::Line && chain.limit(rank, heading) == 0 {
                    continue;
                }
                let own = (chain.limit(rank, heading) > 0).then_some(rank);
                let passed_on = chain.arrivals(rank).filter(|a| a.heading == heading);
                let passed_on =
                    passed_on.filter(|a| chain.limit(a.origin, heading) > a.step).map(|a| a.origin);
                let sent: Vec<u32> = own.into_iter().chain(passed_on).collect();
                let next = chain.rank_at(rank, heading, 1);
                let received = chain.arrivals(next).filter(|a| a.heading == heading).map(|a| a.origin);
                assert_eq!(sent, received.collect::<Vec<_>>(), "{rank} of {ranks} {heading:?}, {topology:?}");
            }
        }
    }
}

#[test]
fn a_chunk_goes_as_far_as_it_is_needed() {
    let later = |origin: u32| move |rank: u32| rank > origin;
    for (topology, ranks, origin, right, left) in [
        (Topology::Line, 5, 1, 3, 0),
        (Topology::Line, 5, 4, 0, 0),
        (Topology::Ring, 5, 1, 2, 2),
        (Topology::Ring, 5, 3, 1, 0),
        (Topology::Ring, 1, 0, 0, 0),
    ] {
        let chain = chain(topology, ranks);
        let reach = |heading| chain.reach(origin, heading, later(origin));
        assert_eq!(
            (reach(Direction::Right), reach(Direction::Left)),
            (right, left),
            "{origin} of {ranks}, {topology:?}"
        );
    }
}
