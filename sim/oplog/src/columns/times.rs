//! Issue, start and done times of the ops of one rank.

use machine::SimTime;

use crate::tick::Tick;
use crate::varint::{Cursor, Read, put, put_delta};

/// The three columns of some ops.
pub struct Times<'a> {
    pub issue: &'a [SimTime],
    pub start: &'a [SimTime],
    pub done: &'a [SimTime],
}

/// Issue as the step from the issue before, start and done as what follows the issue and the start.
pub fn put_times(out: &mut Vec<u8>, times: &Times<'_>, tick: Tick) {
    let mut last = 0;
    for ((issue, start), done) in times.issue.iter().zip(times.start).zip(times.done) {
        let (issue, start, done) = (tick.count(issue.fs()), tick.count(start.fs()), tick.count(done.fs()));
        put_delta(out, last, issue);
        put(out, start.wrapping_sub(issue));
        put(out, done.wrapping_sub(start));
        last = issue;
    }
}

/// Appends `n` ops to the columns.
pub fn read_times(bytes: &[u8], n: usize, tick: u64, columns: [&mut Vec<SimTime>; 3]) -> Read<()> {
    let mut cursor = Cursor::new(bytes);
    if n > bytes.len() / 3 {
        return Err(format!("the times of {n} ops do not fit in {} bytes", bytes.len()));
    }
    let [issues, starts, dones] = columns;
    let mut last = 0;
    for _ in 0..n {
        let issue = cursor.delta(last)?;
        let start = issue.wrapping_add(cursor.number()?);
        let done = start.wrapping_add(cursor.number()?);
        issues.push(time(issue, tick)?);
        starts.push(time(start, tick)?);
        dones.push(time(done, tick)?);
        last = issue;
    }
    cursor.end()
}

pub fn time(ticks: u64, tick: u64) -> Read<SimTime> {
    let fs = ticks.checked_mul(tick).filter(|&fs| fs <= SimTime::MAX.fs());
    fs.map(SimTime::from_fs).ok_or_else(|| format!("{ticks} ticks of {tick} fs are past the longest run"))
}
