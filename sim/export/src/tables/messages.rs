//! A row for each message.

use machine::SimTime;
use oplog::MessageTimes;
use order::MessageOps;
use program::Message;
use program::program::Ring;

use super::about;
use crate::chosen::Chosen;
use crate::table::{Column, Table};

/// A message, and all that is known of it.
struct Row<'a> {
    message: Message,
    ring: &'a Ring,
    ends: MessageOps,
    times: MessageTimes,
}

/// The messages of a window, in the order of rings and numbers.
pub fn messages(chosen: &Chosen<'_>) -> Table {
    let log = chosen.log;
    let row = |&message: &Message| Row {
        message,
        ring: &log.program.rings[message.ring.index()],
        ends: chosen.index.ops(message),
        times: log.messages[message.ring.index()][message.number as usize],
    };
    let rows: Vec<Row<'_>> = chosen.messages.iter().map(row).collect();
    // The place of an op among those of its rank.
    let place = |op: Option<u32>| Some(u64::from(chosen.op(op?).index.0));
    let when = |times: &[SimTime], op: Option<u32>| Some(times[op? as usize].fs());
    let entries = &log.entries;
    let whole = |name, value: &dyn Fn(&Row<'_>) -> u64| Column::whole(name, rows.iter().map(value));
    let maybe =
        |name, value: &dyn Fn(&Row<'_>) -> Option<u64>| Column::maybe_whole(name, rows.iter().map(value));
    let columns = vec![
        whole("ring", &|row| row.message.ring.0.into()),
        whole("message", &|row| row.message.number.into()),
        whole("producer", &|row| row.ring.producer.0.into()),
        whole("consumer", &|row| row.ring.consumer.0.into()),
        whole("queue", &|row| row.ring.queue.into()),
        whole("slot", &|row| (row.message.number % row.ring.n_slots).into()),
        whole("bytes", &|row| chosen.bytes_sent(row.ends)),
        maybe("send_op", &|row| place(row.ends.sender)),
        maybe("receive_op", &|row| place(row.ends.receiver)),
        maybe("release_op", &|row| place(row.ends.releaser)),
        maybe("sent_fs", &|row| when(&entries.start, row.ends.sender)),
        whole("filled_fs", &|row| row.times.filled.fs()),
        maybe("received_fs", &|row| when(&entries.done, row.ends.receiver)),
        maybe("released_fs", &|row| when(&entries.done, row.ends.releaser)),
        maybe("credit_fs", &|row| row.times.credit.map(SimTime::fs)),
    ];
    Table { name: "messages", columns, about: about(log) }
}

impl Chosen<'_> {
    /// What a message carries.
    fn bytes_sent(&self, ends: MessageOps) -> u64 {
        let Some(sender) = ends.sender.map(|op| self.op(op)) else { return 0 };
        let program = self.log.program.rank(sender.rank);
        let reads = program.ops[sender.index.index()].access();
        reads.reads().map(|view| program.views[view.index()].bytes()).sum()
    }
}
