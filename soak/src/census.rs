//! Counts of what random programs came to.

/// What became of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The verifier says why it may not run.
    Refused,
    /// It cannot finish.
    Deadlocked,
    /// An op has no value: an integer sum that leaves its type.
    NoValue,
    /// Accesses are left unordered, or bytes are read that nothing wrote.
    Racy,
    /// Its result does not depend on the order.
    Clean,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Refused, Kind::Deadlocked, Kind::NoValue, Kind::Racy, Kind::Clean];

    pub const fn name(self) -> &'static str {
        match self {
            Kind::Refused => "refused",
            Kind::Deadlocked => "deadlocked",
            Kind::NoValue => "without a value",
            Kind::Racy => "racy",
            Kind::Clean => "clean",
        }
    }
}

/// How many programs were of each kind, and how much was tried of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    pub kinds: [u64; Kind::ALL.len()],
    /// Legal orders replayed.
    pub orders: u64,
    /// Races whose two ops some legal order has the one way, and some the other.
    pub shown: u64,
    /// Races that no legal order shows, by class.
    pub not_shown: [u64; 2],
    /// Programs with one wait, credit or release less.
    pub removals: u64,
    /// Programs with inserted waits that were clean.
    pub synced: u64,
}

impl Census {
    pub fn add(&mut self, other: &Census) {
        let sum =
            |all: &mut [u64], more: &[u64]| all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        sum(&mut self.kinds, &other.kinds);
        sum(&mut self.not_shown, &other.not_shown);
        self.orders += other.orders;
        self.shown += other.shown;
        self.removals += other.removals;
        self.synced += other.synced;
    }
    pub fn programs(&self) -> u64 {
        self.kinds.iter().sum()
    }
    /// Those that ran.
    pub fn ran(&self) -> u64 {
        [Kind::NoValue, Kind::Racy, Kind::Clean].into_iter().map(|kind| self.kinds[kind as usize]).sum()
    }
}

impl std::fmt::Display for Census {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} programs, {} ran (", self.programs(), self.ran())?;
        for kind in Kind::ALL {
            let comma = if kind == Kind::ALL[0] { "" } else { ", " };
            write!(f, "{comma}{} {}", self.kinds[kind as usize], kind.name())?;
        }
        let [several, turns] = self.not_shown;
        write!(
            f,
            "), {} orders, {} races shown, not shown {several} of a multicast and {turns} behind counted waits, {} removals, {} synced",
            self.orders, self.shown, self.removals, self.synced
        )
    }
}
