//! The set of checks to run. Tests leave out one check to show what it finds.

/// One kind of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    ReadAfterWrite,
    WriteAfterRead,
    WriteAfterWrite,
    Uninitialised,
    /// A slot is released while an op may still read it.
    Release,
    /// A slot is never released.
    Leak,
    /// Waits that are over before they begin.
    VacuousWait,
    /// Waits that hold nothing back.
    Gates,
    /// More signals than waits ask for.
    Semaphore,
    Ledger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckSet(u16);

impl Check {
    pub const ALL: [Check; 10] = [
        Check::ReadAfterWrite,
        Check::WriteAfterRead,
        Check::WriteAfterWrite,
        Check::Uninitialised,
        Check::Release,
        Check::Leak,
        Check::VacuousWait,
        Check::Gates,
        Check::Semaphore,
        Check::Ledger,
    ];
}

impl CheckSet {
    pub const ALL: CheckSet = CheckSet(u16::MAX);

    #[must_use]
    pub const fn without(self, check: Check) -> CheckSet {
        CheckSet(self.0 & !(1 << check as u16))
    }
    pub const fn has(self, check: Check) -> bool {
        self.0 & (1 << check as u16) != 0
    }
}
