//! Multicast and reduction trees, built from the routes of their members.

use std::collections::BTreeMap;
use std::rc::Rc;

use machine::{LinkId, PeId};

use crate::noc::{Path, Routes};

/// The trees of a network, by the numbers that they were given.
#[derive(Debug, Default)]
pub struct Trees {
    multicasts: Vec<Rc<MulticastTree>>,
    reductions: Vec<ReductionTree>,
}

/// The routers where the routes from one PE to several part. Router 0 is that of the root.
#[derive(Debug, Default)]
pub struct MulticastTree {
    pub routers: Vec<Fork>,
    pub leaves: Vec<Leaf>,
}

#[derive(Debug, Default)]
pub struct Fork {
    /// The links that lead on, and the router that each leads to.
    pub links: Vec<(LinkId, u32)>,
    /// The leaves whose PE is here.
    pub leaves: Vec<u32>,
}

/// A destination of a multicast.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    pub path: Path,
    /// Its bytes go into the TCM of the PE, and not into a memory beside it.
    pub to_tcm: bool,
}

/// The routers where the routes from several PEs to one meet.
#[derive(Debug, Default)]
pub struct ReductionTree {
    routers: Vec<Join>,
    /// By member: the router that it enters.
    entries: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Join {
    /// Members and links that lead here.
    pub inputs: u32,
    /// The link that leads on, and where to; the root has none.
    pub out: Option<(LinkId, u32)>,
}

impl Trees {
    /// A multicast to these leaves.
    pub fn add_multicast(&mut self, leaves: Vec<Leaf>, routes: &Routes) -> u32 {
        self.multicasts.push(Rc::new(MulticastTree::of(leaves, routes)));
        self.multicasts.len() as u32 - 1
    }
    /// A reduction of members whose tiles take these paths.
    pub fn add_reduction(&mut self, members: &[Path], routes: &Routes) -> u32 {
        self.reductions.push(ReductionTree::of(members, routes));
        self.reductions.len() as u32 - 1
    }
    pub fn multicast(&self, tree: u32) -> Rc<MulticastTree> {
        Rc::clone(&self.multicasts[tree as usize])
    }
    pub fn reduction(&self, tree: u32) -> &ReductionTree {
        &self.reductions[tree as usize]
    }
}

impl MulticastTree {
    /// Links that the routes of two leaves have in common at their beginning are one.
    fn of(leaves: Vec<Leaf>, routes: &Routes) -> MulticastTree {
        let mut tree = MulticastTree { routers: vec![Fork::default()], leaves: Vec::new() };
        for (leaf, Leaf { path, .. }) in leaves.iter().enumerate() {
            let mut at = 0;
            for &link in routes.links(path.route) {
                at = tree.next(at, link);
            }
            tree.routers[at].leaves.push(leaf as u32);
        }
        MulticastTree { leaves, ..tree }
    }

    /// The router behind a link.
    fn next(&mut self, at: usize, link: LinkId) -> usize {
        if let Some(&(_, next)) = self.routers[at].links.iter().find(|(other, _)| *other == link) {
            return next as usize;
        }
        let next = self.routers.len();
        self.routers[at].links.push((link, next as u32));
        self.routers.push(Fork::default());
        next
    }
}

impl ReductionTree {
    /// Routes go along x and then along y, so from one router all take the same link.
    fn of(members: &[Path], routes: &Routes) -> ReductionTree {
        let mut tree = ReductionTree::default();
        let mut known = BTreeMap::new();
        for path in members {
            let mut at = tree.router(path.from, &mut known);
            tree.entries.push(at);
            tree.routers[at as usize].inputs += 1;
            for &link in routes.links(path.route) {
                let target = routes.mesh().target(link).expect("a route has links that exist");
                let next = tree.router(target, &mut known);
                let is_new = match tree.routers[at as usize].out.replace((link, next)) {
                    None => true,
                    Some(before) => {
                        assert_eq!(before, (link, next), "two routes to one PE part");
                        false
                    }
                };
                tree.routers[next as usize].inputs += u32::from(is_new);
                at = next;
            }
        }
        tree
    }

    fn router(&mut self, pe: PeId, known: &mut BTreeMap<PeId, u32>) -> u32 {
        *known.entry(pe).or_insert_with(|| {
            self.routers.push(Join::default());
            self.routers.len() as u32 - 1
        })
    }

    pub fn entry(&self, member: u32) -> u32 {
        self.entries[member as usize]
    }
    pub fn join(&self, router: u32) -> Join {
        self.routers[router as usize]
    }
}
