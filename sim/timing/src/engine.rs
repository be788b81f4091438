//! The event loop: the next event is taken, the part that it concerns reacts, and new events are scheduled.

use machine::SimTime;
use oplog::{OpLog, RunId};
use verify::Verified;

use crate::error::TimingError;
use crate::event::Event;
use crate::ranks::Ranks;
use crate::record::Keep;
use crate::run::{Known, Run};
use crate::transport::Transport;
use crate::turn::Ties;

/// Ops between two reports: a few hundred microseconds of work.
const REPORT_EVERY: usize = 4096;

/// Runs a verified program on its machine.
///
/// # Errors
/// [`TimingError::Deadlock`] when nothing can happen any more and a rank has not finished;
/// [`TimingError::TooLong`] when the run would pass 2^53 fs.
pub fn run(verified: &Verified, id: RunId) -> Result<OpLog, TimingError> {
    run_watched(verified, id, &|_, _| {})
}

/// As [`run`], and reports every few thousand ops how many are done and of how many.
///
/// # Errors
/// As [`run`].
pub fn run_watched(verified: &Verified, id: RunId, watch: &dyn Fn(u64, u64)) -> Result<OpLog, TimingError> {
    Engine::new(verified, Keep::Log, Ties::Canonical).log(verified, id, watch)
}

/// As [`run`], with every sequencer at the time of the run: an event for each of its ops, and more time for the same log.
/// Tests hold [`run`] to it.
///
/// # Errors
/// As [`run`].
pub fn run_in_step(verified: &Verified, id: RunId) -> Result<OpLog, TimingError> {
    let mut engine = Engine::new(verified, Keep::Log, Ties::Canonical);
    engine.run.ahead = false;
    engine.log(verified, id, &|_, _| {})
}

/// The makespan alone, in this order of ties: the same run without what only the log needs, which are starts and
/// stalls.
///
/// # Errors
/// As [`run`].
pub fn makespan(verified: &Verified, ties: Ties) -> Result<SimTime, TimingError> {
    let mut engine = Engine::new(verified, Keep::State, ties);
    engine.finish_all(&|_, _| {})?;
    Ok(engine.run.record.last_done())
}

/// The parts of a run. Each sees those below it: the ranks see the transport, and both the run.
struct Engine<'a> {
    run: Run<'a>,
    transport: Transport,
    ranks: Ranks,
}

impl<'a> Engine<'a> {
    fn new(verified: &'a Verified, keep: Keep, ties: Ties) -> Engine<'a> {
        let (run, transport) = (Run::new(verified, keep, ties), Transport::of(verified));
        Engine { ranks: Ranks::of(&run, &transport), run, transport }
    }

    /// The log of the whole run.
    fn log(mut self, verified: &Verified, id: RunId, watch: &dyn Fn(u64, u64)) -> Result<OpLog, TimingError> {
        self.finish_all(watch)?;
        let (entries, stalls) = self.run.record.finish();
        Ok(OpLog {
            id,
            program: verified.program.clone(),
            machine: verified.machine.clone(),
            placement: verified.placement.clone(),
            layout: verified.layout.clone(),
            entries,
            messages: self.ranks.into_messages(),
            stalls,
        })
    }

    /// Runs until every op is done.
    fn finish_all(&mut self, watch: &dyn Fn(u64, u64)) -> Result<(), TimingError> {
        let of = self.run.record.remaining();
        let report = |remaining: usize| watch((of - remaining) as u64, of as u64);
        report(of);
        let mut next = of.saturating_sub(REPORT_EVERY);
        self.ranks.start(&mut self.run, &mut self.transport);
        self.tell();
        while self.go_on() {
            if self.run.now() > SimTime::MAX {
                return Err(TimingError::TooLong { rank: self.ranks.first_unfinished(&self.run) });
            }
            let remaining = self.run.record.remaining();
            if remaining < next {
                report(remaining);
                next = remaining.saturating_sub(REPORT_EVERY);
            }
        }
        if self.run.record.latest() > SimTime::MAX {
            return Err(TimingError::TooLong { rank: self.ranks.first_unfinished(&self.run) });
        }
        if self.run.record.remaining() > 0 {
            return Err(self.ranks.deadlock(&self.run));
        }
        assert!(self.transport.is_at_rest(), "packets or credits are left in the network");
        report(0);
        Ok(())
    }

    /// Does what comes next; false when nothing does. A cycle of the network comes after all events of its time, so
    /// that what they send takes part in it.
    fn go_on(&mut self) -> bool {
        if let Some(cycle) = self.transport.next_cycle()
            && self.run.next_at().is_none_or(|event| cycle < event)
        {
            self.run.go_on_to(cycle);
            self.transport.network_cycle(&mut self.run);
            self.tell();
            return true;
        }
        let Some(event) = self.run.next_event() else { return false };
        self.fire(event);
        self.tell();
        true
    }

    /// Tells the ranks what has become known.
    fn tell(&mut self) {
        let Engine { run, transport, ranks } = self;
        while let Some(known) = run.known.pop() {
            match known {
                Known::Done { op, unit, at } => ranks.op_done(run, transport, op, (unit, at)),
                Known::Filled { message, at } => ranks.message_arrives(run, transport, message, at),
            }
        }
    }

    fn fire(&mut self, event: Event) {
        let Engine { run, transport, ranks } = self;
        match event {
            Event::SequencerFree { rank } => ranks.advance(run, transport, rank),
            Event::OpDone { op, unit } => {
                let now = run.now();
                ranks.op_done(run, transport, op, (unit, now));
            }
            Event::PacketReady { packet } => transport.packet_ready(run, packet),
            Event::PacketAtMemory { packet } => transport.packet_at_memory(run, packet),
            Event::NetworkResumes { token } => transport.resume(run, token),
            Event::RequestAtMemory { transfer } => transport.request_at_memory(run, transfer),
            Event::TransferDone { transfer } => {
                let delivered = transport.transfer_done(run, transfer);
                ranks.delivered(run, transport, delivered);
            }
            Event::SendGoesOn { rank } => ranks.retry_send(run, transport, rank),
            Event::Signalled { rank, semaphore, amount } => {
                ranks.signalled(run, transport, rank, (semaphore, amount));
            }
            Event::BarrierReached { number } => ranks.barrier_reached(run, transport, number),
            Event::BarrierOpen { rank } => ranks.barrier_open(run, transport, rank),
            Event::BufferGoesOn { rank, buffer } => ranks.buffer_goes_on(run, transport, rank, buffer),
        }
    }
}
