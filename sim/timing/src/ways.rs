//! The trees that collectives cross, from the routes of their members.

use std::collections::BTreeMap;

use machine::{LinkId, Mesh, PeId};

/// Where the ways from one PE to several part. Place 0 is the root's router.
#[derive(Debug, Default)]
pub struct Fork {
    places: Vec<Parting>,
}

#[derive(Debug, Default)]
struct Parting {
    /// The links that lead on, and the place each leads to.
    links: Vec<(LinkId, u32)>,
    /// The members whose PE is here.
    leaves: Vec<u32>,
}

impl Fork {
    /// `routes` by member: links that two have in common at their beginning are one.
    pub fn of(routes: impl IntoIterator<Item = Vec<LinkId>>) -> Fork {
        let mut fork = Fork { places: vec![Parting::default()] };
        for (member, route) in routes.into_iter().enumerate() {
            let mut at = 0;
            for link in route {
                let known = fork.places[at].links.iter().find(|(other, _)| *other == link);
                at = match known {
                    Some(&(_, next)) => next as usize,
                    None => {
                        let next = fork.places.len();
                        fork.places[at].links.push((link, next as u32));
                        fork.places.push(Parting::default());
                        next
                    }
                };
            }
            fork.places[at].leaves.push(member as u32);
        }
        fork
    }

    pub fn links(&self, place: u32) -> &[(LinkId, u32)] {
        &self.places[place as usize].links
    }
    pub fn leaves(&self, place: u32) -> &[u32] {
        &self.places[place as usize].leaves
    }
}

/// Where the ways of several PEs to one meet.
#[derive(Debug)]
pub struct Meet {
    places: Vec<Meeting>,
    /// By member: the place it enters.
    joins: Vec<u32>,
}

#[derive(Debug, Default)]
struct Meeting {
    /// Members and links that lead here.
    inputs: u32,
    /// The link that leads on, and where to; the root has none.
    out: Option<(LinkId, u32)>,
}

impl Meet {
    /// `routes` by member, each with the PE that it begins at. Routes go along x and then along y, so from one router
    /// all take the same link.
    pub fn of(mesh: &Mesh, routes: Vec<(PeId, Vec<LinkId>)>) -> Meet {
        let mut meet = Meet { places: Vec::new(), joins: Vec::new() };
        let mut known = BTreeMap::new();
        for (from, route) in routes {
            let mut at = meet.place(from, &mut known);
            meet.joins.push(at);
            meet.places[at as usize].inputs += 1;
            for link in route {
                let target = mesh.target(link).expect("a route has links that exist");
                let next = meet.place(target, &mut known);
                let is_new = match meet.places[at as usize].out.replace((link, next)) {
                    None => true,
                    Some(before) => {
                        assert_eq!(before, (link, next), "two ways to one PE part");
                        false
                    }
                };
                meet.places[next as usize].inputs += u32::from(is_new);
                at = next;
            }
        }
        meet
    }

    fn place(&mut self, pe: PeId, known: &mut BTreeMap<PeId, u32>) -> u32 {
        *known.entry(pe).or_insert_with(|| {
            self.places.push(Meeting::default());
            self.places.len() as u32 - 1
        })
    }

    pub fn joins(&self, member: usize) -> u32 {
        self.joins[member]
    }
    pub fn inputs(&self, place: u32) -> u32 {
        self.places[place as usize].inputs
    }
    pub fn out(&self, place: u32) -> Option<(LinkId, u32)> {
        self.places[place as usize].out
    }
}
