//! Messages and stalls.

use crate::log::{MessageTimes, OpLog};
use crate::stall::{Stall, StallReason};
use crate::tick::Tick;
use crate::varint::{Cursor, Read, narrow, put, put_delta};

use super::times::time;

pub fn put_messages(out: &mut Vec<u8>, rings: &[Vec<MessageTimes>], tick: Tick) {
    put(out, rings.len() as u64);
    for ring in rings {
        put(out, ring.len() as u64);
        let mut last = 0;
        for message in ring {
            let filled = tick.count(message.filled.fs());
            put_delta(out, last, filled);
            // No credit is one before the message; a credit from before the message, which only an asynchronous receive
            // allows, makes room for it.
            let credit = match message.credit.map(|credit| tick.count(credit.fs())) {
                None => filled.wrapping_sub(1),
                Some(credit) if credit < filled => credit.wrapping_sub(1),
                Some(credit) => credit,
            };
            put_delta(out, filled, credit);
            last = filled;
        }
    }
}

pub fn read_messages(bytes: &[u8], tick: u64) -> Read<Vec<Vec<MessageTimes>>> {
    let mut cursor = Cursor::new(bytes);
    let n_rings = cursor.length(1)?;
    let mut rings = Vec::with_capacity(n_rings);
    for _ in 0..n_rings {
        let n = cursor.length(2)?;
        let mut ring = Vec::with_capacity(n);
        let mut last = 0;
        for _ in 0..n {
            last = cursor.delta(last)?;
            let credit = match cursor.delta(last)? {
                none if none == last.wrapping_sub(1) => None,
                early if early.wrapping_sub(last).cast_signed() < 0 => Some(early.wrapping_add(1)),
                credit => Some(credit),
            };
            let credit = credit.map(|credit| time(credit, tick)).transpose()?;
            ring.push(MessageTimes { filled: time(last, tick)?, credit });
        }
        rings.push(ring);
    }
    cursor.end()?;
    Ok(rings)
}

/// Of the number that a stall begins with, for its reason.
const REASON_BITS: u32 = 4;
const _: () =
    assert!(StallReason::ALL.len() <= 1 << REASON_BITS, "more reasons are a new version of the format");

/// The op as a step, the reason beside it; `from` counts from the op's issue.
pub fn put_stalls(out: &mut Vec<u8>, log: &OpLog, tick: Tick) {
    put(out, log.stalls.len() as u64);
    let mut last = 0;
    for stall in &log.stalls {
        let issue = tick.count(log.entries.issue[stall.op as usize].fs());
        let (from, to) = (tick.count(stall.from.fs()), tick.count(stall.to.fs()));
        put(out, u64::from(stall.op.wrapping_sub(last)) << REASON_BITS | stall.reason as u64);
        put_delta(out, issue, from);
        put(out, to.wrapping_sub(from));
        last = stall.op;
    }
}

/// The stalls of a log whose ops were issued at these times.
pub fn read_stalls(bytes: &[u8], issues: &[machine::SimTime], tick: u64) -> Read<Vec<Stall>> {
    let mut cursor = Cursor::new(bytes);
    let n = cursor.length(3)?;
    let mut stalls = Vec::with_capacity(n);
    let mut op = 0u32;
    for _ in 0..n {
        let head = cursor.number()?;
        op = op.wrapping_add(narrow(head >> REASON_BITS)?);
        let code = head & ((1 << REASON_BITS) - 1);
        let reason = StallReason::ALL.get(code as usize);
        let &reason = reason.ok_or_else(|| format!("{code} is not the code of a stall reason"))?;
        let issue =
            issues.get(op as usize).ok_or_else(|| format!("a stall of op {op} of {}", issues.len()))?;
        let from = cursor.delta(issue.fs() / tick)?;
        let to = from.wrapping_add(cursor.number()?);
        stalls.push(Stall { op, reason, from: time(from, tick)?, to: time(to, tick)? });
    }
    cursor.end()?;
    Ok(stalls)
}
