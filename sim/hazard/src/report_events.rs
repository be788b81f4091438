//! Event ops without effect, as diagnostics.

use diagnostic::fact::Hazard;
use diagnostic::{Advice, Code, Diagnostic, Edge, End, Fact, Place, Repair};

use crate::events::{Ineffective, buffer_of};
use crate::groups::Group;
use crate::report::Report;

impl Report<'_> {
    pub fn ineffective(&self, group: &Group<Ineffective>) -> Diagnostic {
        let op = group.pairs[0][0];
        let (rank, index) = self.graph.op(op);
        let this = || End::Op(self.op(op));
        let (code, hazard, missing, advice) = match group.first {
            Ineffective::ZeroWait => {
                let missing = Edge::new(End::Signal, this());
                (Code::VacuousWait, Hazard::ZeroEvent, missing, Advice::CountFromOne)
            }
            Ineffective::ZeroSignal => {
                let missing = Edge::new(this(), End::Wait);
                (Code::VacuousWait, Hazard::ZeroEvent, missing, Advice::CountFromOne)
            }
            Ineffective::GatesNothing => {
                let missing = Edge::new(this(), End::Passes);
                (Code::WaitGatesNothing, Hazard::GatesNothing, missing, Advice::WaitAtHead)
            }
        };
        Diagnostic {
            accesses: vec![self.names(op)],
            place: Some(Place::CommandBuffer { rank, number: Some(buffer_of(self.graph, rank, index)) }),
            missing: Some(missing),
            repair: Repair::Fixed(advice),
            ..Diagnostic::new(code, Fact::Hazard(hazard))
        }
    }
}
