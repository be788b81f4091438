//! `kernmesh export`

use std::path::{Path, PathBuf};

use export::{Chosen, LeftOut, Table, Window, messages, ops, stalls};

use super::Style;
use super::joined::{self, Named};
use super::log_args::ExportArgs;
use super::outputs::{Input, targets};
use super::window::checked_ranks;
use crate::error::{Error, Exit};
use crate::render::{bytes, columns, grouped};
use crate::source;
use crate::target::{Staged, Target, commit};

/// Perfetto's page gets slow beyond these; one takes some 70 bytes of file, its share of the counters among them.
const MANY_SLICES: usize = 10_000_000;
const SLICE_BYTES: usize = 70;

pub fn export(args: &ExportArgs, style: Style) -> Result<Exit, Error> {
    let csv_to_stdout = args.csv.as_deref() == Some(Path::new("-"));
    let tables = args.parquet.as_deref().map(table_files).unwrap_or_default();
    let [op_rows, message_rows, stall_rows] =
        tables.each_ref().map(|path| path.as_deref().map(|path| ("--parquet", path)));
    let trace = args.perfetto.as_deref().map(|path| ("--perfetto", path));
    let csv = args.csv.as_deref().filter(|_| !csv_to_stdout).map(|path| ("--csv", path));
    let inputs: Vec<_> = args.logs.iter().map(|log| Some(Input::Log("LOG", log))).collect();
    let [trace, csv, op_rows, message_rows, stall_rows] =
        targets([trace, csv, op_rows, message_rows, stall_rows], &inputs)?;
    if args.logs.len() > 1 && (args.csv.is_some() || args.parquet.is_some()) {
        let help = "export each log by itself, or all of them with --perfetto alone";
        return Err(Error::input("a table is of one log, and several are given", "LOG", help));
    }
    let logs = joined::read(args, style)?;
    let windows = logs.iter().map(|log| window(args, log)).collect::<Result<Vec<_>, Error>>()?;
    let all = logs.iter().zip(&windows).map(|(it, window)| (it.path, Chosen::of(&it.timed.log, window)));
    let mut files = Files { chosen: all.collect(), staged: Vec::new(), said: Vec::new() };
    files.trace(trace, style)?;
    files.parquet(op_rows, ops)?;
    files.parquet(message_rows, messages)?;
    files.parquet(stall_rows, stalls)?;
    files.csv(csv)?;
    let printed = csv_to_stdout.then(|| files.tables(ops).map(|table| table.to_csv()).collect::<String>());
    let said = files.finish()?;
    if printed.is_some() {
        said.iter().for_each(|words| style.note(&words.join(": ")));
    }
    style.stdout().print(&printed.unwrap_or_else(|| columns(&said)))?;
    Ok(Exit::Good)
}

/// The part of a log that is asked for.
fn window(args: &ExportArgs, log: &Named<'_>) -> Result<Window, Error> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from >= to) {
        return Err(Error::input("--to is not after --from", "--to", "name a later time"));
    }
    Ok(Window {
        from: args.from.unwrap_or(Window::ALL.from),
        to: args.to.unwrap_or(Window::ALL.to),
        ranks: checked_ranks(args.ranks.as_ref(), log.timed.log.program.n_ranks())?,
    })
}

/// The files of the three tables: `run.parquet`, `run.messages.parquet` and `run.stalls.parquet`.
fn table_files(given: &Path) -> [Option<PathBuf>; 3] {
    let is_parquet = source::is_named(given, "parquet");
    let stem = if is_parquet { given.with_extension("") } else { given.to_owned() };
    let beside = |table: &str| {
        let mut name = stem.clone().into_os_string();
        name.push(format!(".{table}.parquet"));
        PathBuf::from(name)
    };
    [Some(given.to_owned()), Some(beside("messages")), Some(beside("stalls"))]
}

/// What is written of logs, and what is said of it.
struct Files<'a> {
    /// Each with the path of its log; one, where it is a table that is asked for.
    chosen: Vec<(&'a Path, Chosen<'a>)>,
    staged: Vec<Staged>,
    said: Vec<Vec<String>>,
}

impl Files<'_> {
    fn trace(&mut self, target: Option<Target>, style: Style) -> Result<(), Error> {
        let Some(target) = target else { return Ok(()) };
        if let Some(text) = too_many(self.chosen.iter().map(|(_, chosen)| chosen.n_slices()).sum()) {
            style.warn(&text);
        }
        let is_one = self.chosen.len() == 1;
        let name = |path: &Path, title: String| {
            if is_one { title } else { format!("{}: {title}", path.display()) }
        };
        let logs: Vec<_> =
            self.chosen.iter().map(|(path, chosen)| (name(path, export::title(chosen)), chosen)).collect();
        let trace = export::joined(&logs);
        let [ops, waits, flows, counters] =
            [trace.ops, trace.waits, trace.flows, trace.counters].map(|n| grouped(n as u64));
        let of = if is_one { String::new() } else { format!("{} logs, ", logs.len()) };
        let what = format!("{of}{ops} slices of ops, {waits} of waits, {flows} arrows, {counters} counters");
        self.stage(&target, "perfetto", &what, &trace.bytes)
    }

    /// One table of each log.
    fn tables(&self, table: fn(&Chosen<'_>) -> Table) -> impl Iterator<Item = Table> {
        self.chosen.iter().map(move |(_, chosen)| table(chosen))
    }

    fn parquet(&mut self, target: Option<Target>, table: fn(&Chosen<'_>) -> Table) -> Result<(), Error> {
        let (Some(target), Some(table)) = (target, self.tables(table).next()) else { return Ok(()) };
        self.stage(&target, "parquet", &rows(&table), &parquet(&table)?)
    }

    fn csv(&mut self, target: Option<Target>) -> Result<(), Error> {
        let (Some(target), Some(table)) = (target, self.tables(ops).next()) else { return Ok(()) };
        self.stage(&target, "csv", &rows(&table), table.to_csv().as_bytes())
    }

    fn stage(&mut self, target: &Target, kind: &str, what: &str, contents: &[u8]) -> Result<(), Error> {
        self.staged.push(target.stage(contents)?);
        let text = format!("{}: {what}, {}", target.given().display(), bytes(contents.len() as u64));
        self.said.push(vec![kind.to_owned(), text]);
        Ok(())
    }

    /// Puts all files in their places; gives what there is to say of them, and of what the window left out.
    fn finish(mut self) -> Result<Vec<Vec<String>>, Error> {
        commit(self.staged)?;
        let all: Vec<_> = self.chosen.iter().map(|(_, chosen)| chosen.left_out()).collect();
        let sum = |of: fn(&LeftOut) -> [usize; 2]| {
            all.iter().map(of).fold([0; 2], |sum, of| [sum[0] + of[0], sum[1] + of[1]])
        };
        let (ops, messages) = (sum(|left| left.ops), sum(|left| left.messages));
        if ops[0] + messages[0] > 0 {
            let [ops, messages] = [ops, messages].map(|of| of.map(|n| grouped(n as u64)).join(" of "));
            self.said.push(vec!["left out".to_owned(), format!("{ops} ops, {messages} messages")]);
        }
        Ok(self.said)
    }
}

/// What to say of a trace that is hard to look at.
fn too_many(slices: usize) -> Option<String> {
    let size = bytes((slices * SLICE_BYTES) as u64);
    (slices > MANY_SLICES).then(|| {
        format!(
            "{} slices are about {size}, and Perfetto takes 2 to 4 times as much memory: \
             --from, --to and --ranks choose a part",
            grouped(slices as u64)
        )
    })
}

fn rows(table: &Table) -> String {
    format!("{} rows of {}", grouped(table.n_rows() as u64), table.name)
}

#[cfg(feature = "parquet")]
fn parquet(table: &Table) -> Result<Vec<u8>, Error> {
    Ok(table.to_parquet())
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: &Table) -> Result<Vec<u8>, Error> {
    let help = "build it with `--features parquet`, which is on by default, or export with --csv";
    Err(Error::input("this kernmesh was built without Parquet", "--parquet", help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_is_too_large_is_warned_of_with_its_size() {
        assert_eq!(too_many(10_000_000), None);
        let text = too_many(20_000_000).unwrap();
        assert!(text.starts_with("20 000 000 slices are about 1.3 GiB, "), "{text}");
    }

    #[test]
    fn tables_lie_beside_each_other() {
        for (given, messages) in [
            ("run.parquet", "run.messages.parquet"),
            ("a.b/run", "a.b/run.messages.parquet"),
            ("run.pq", "run.pq.messages.parquet"),
        ] {
            let [ops, second, stalls] = table_files(Path::new(given)).map(Option::unwrap);
            assert_eq!((ops.to_str(), second.to_str()), (Some(given), Some(messages)));
            assert!(stalls.to_str().unwrap().ends_with(".stalls.parquet"));
        }
    }
}
