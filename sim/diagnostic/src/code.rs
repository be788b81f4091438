//! Codes of diagnostics: one closed list for findings and refusals, each with a page of documentation.

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($code:ident $name:literal $title:literal)*) => {
        /// Kind of a diagnostic. Scripts match on the names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$code),*];

            /// The name in JSON and in the terminal.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$code => $name,)* }
            }
            /// One line.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$code => $title,)* }
            }
            /// Page of the code: meaning, an example in `tl`, and the repair.
            pub const fn page(self) -> &'static str {
                match self { $(Code::$code => include_str!(concat!("../pages/", $name, ".md")),)* }
            }
        }
    };
}

codes! {
    RaceRaw "race_raw" "a read is not ordered after the write that it needs"
    RaceWar "race_war" "a write is not ordered after a read of the old bytes"
    RaceWaw "race_waw" "two writes of the same bytes are not ordered"
    UninitialisedRead "uninitialised_read" "an op or the host reads bytes that nothing has written"
    SlotOverwritten "slot_overwritten" "in this run a slot was overwritten before its last read had ended"
    MemoryOverwritten "memory_overwritten" "in this run memory was overwritten before its last read had ended"
    UseAfterRelease "use_after_release" "a slot may be read after its release"
    DoubleRelease "double_release" "a message is released twice"
    SlotLeak "slot_leak" "a received message is never released"
    CreditLeak "credit_leak" "messages that are never released hold every slot of a ring"
    VacuousWait "vacuous_wait" "a wait or signal has no effect"
    WaitGatesNothing "wait_gates_nothing" "no pass follows an event wait in its command buffer"
    Semaphore "semaphore" "the signals of a semaphore do not match its waits"
    LedgerMissing "ledger_missing" "a result lacks the contribution of a partial"
    LedgerTwice "ledger_twice" "a result counts the contribution of a partial too often"
    OutOfBounds "out_of_bounds" "a view, message or share ends beyond what holds it"
    TimingDependent "timing_dependent" "another legal order of the ops gives other bits"
    UnmatchedSend "unmatched_send" "a message is sent and never received"
    UnmatchedRecv "unmatched_recv" "a message is received that is not sent, or received twice"
    Mismatch "mismatch" "shapes or dtypes of two ends do not agree"
    SlotCount "slot_count" "the program cannot finish with so few slots"
    Capacity "capacity" "a memory or the mesh is too small for the program"
    Deadlock "deadlock" "the program cannot finish"
    OutputsDiffer "outputs_differ" "ranks give different bits for one element of an output"
    Malformed "malformed" "the program breaks a rule of programs"
}

impl Code {
    /// The code of that name.
    pub fn named(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// Whether it is about which of two accesses comes first.
    pub const fn is_of_order(self) -> bool {
        match self {
            Code::RaceRaw
            | Code::RaceWar
            | Code::RaceWaw
            | Code::UninitialisedRead
            | Code::SlotOverwritten
            | Code::MemoryOverwritten
            | Code::UseAfterRelease => true,
            Code::DoubleRelease
            | Code::SlotLeak
            | Code::CreditLeak
            | Code::VacuousWait
            | Code::WaitGatesNothing
            | Code::Semaphore
            | Code::LedgerMissing
            | Code::LedgerTwice
            | Code::OutOfBounds
            | Code::TimingDependent
            | Code::UnmatchedSend
            | Code::UnmatchedRecv
            | Code::Mismatch
            | Code::SlotCount
            | Code::Capacity
            | Code::Deadlock
            | Code::OutputsDiffer
            | Code::Malformed => false,
        }
    }

    /// Whether it says that another order gives other bits.
    pub fn is_race(self) -> bool {
        self.is_of_order() && self != Code::UninitialisedRead
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Code {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        schemars::json_schema!({ "description": "`kernmesh explain --code` has a page for each.", "enum": names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_an_example_and_a_repair() {
        for &code in Code::ALL {
            assert_eq!(Code::named(code.name()), Some(code));
            let (page, lines) = (code.page(), code.page().lines().count());
            assert!((8..=40).contains(&lines), "{}: {lines} lines", code.name());
            for part in ["## Example", "## Repair"] {
                assert!(page.contains(part), "{} has no {part}", code.name());
            }
        }
    }
}
