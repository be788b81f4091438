//! Logs of several processes that are exported together: those of one job. Others are left over from another run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use machine::shown;

use super::Style;
use super::log_args::ExportArgs;
use crate::error::Error;
use crate::log_file;
use crate::memory::default_limit;
use crate::simulate::Timed;

/// A log and the path that it was given by.
pub struct Named<'a> {
    pub path: &'a Path,
    pub timed: Timed,
}

/// Reads the logs that are asked for. Of several, all are of one job.
///
/// # Errors
/// [`Error::Input`] names the job of each where they differ, and a log that is given twice.
pub fn read<'a>(args: &'a ExportArgs, style: Style) -> Result<Vec<Named<'a>>, Error> {
    let named = |path: &'a PathBuf| log_file::read(path, default_limit()).map(|timed| Named { path, timed });
    let logs = args.logs.iter().map(named).collect::<Result<Vec<_>, Error>>()?;
    let logs = match &args.job {
        Some(job) => of_job(logs, job, style)?,
        None => of_one_job(logs)?,
    };
    let mut seen = BTreeSet::new();
    for log in &logs {
        // By whatever name: the file counts.
        if !seen.insert(std::fs::canonicalize(log.path).unwrap_or_else(|_| log.path.to_owned())) {
            let help = "give each log once";
            return Err(Error::input("the log is given twice", log.path.display().to_string(), help));
        }
    }
    say_equal(&logs, style);
    Ok(logs)
}

/// Leaves out, and says so, what is of another job.
fn of_job<'a>(logs: Vec<Named<'a>>, job: &str, style: Style) -> Result<Vec<Named<'a>>, Error> {
    let (fresh, stale): (Vec<_>, Vec<_>) =
        logs.into_iter().partition(|log| log.timed.log.id.job.as_deref() == Some(job));
    for log in &stale {
        style.note(&format!("{} is left out: it is of {}", log.path.display(), job_of(log)));
    }
    if fresh.is_empty() {
        let problem = format!("no log is of job `{}`", shown(job));
        return Err(Error::input(problem, "--job", format!("they are of: {}", jobs(&stale))));
    }
    Ok(fresh)
}

fn of_one_job(logs: Vec<Named<'_>>) -> Result<Vec<Named<'_>>, Error> {
    let Some(first) = logs.first() else { return Ok(logs) };
    let job = &first.timed.log.id.job;
    let is_one = job.is_some() && logs.iter().all(|log| log.timed.log.id.job == *job);
    if logs.len() == 1 || is_one {
        return Ok(logs);
    }
    let known = logs.iter().find_map(|log| log.timed.log.id.job.as_deref());
    let help = known.map_or_else(
        || "name it when they are written: `kernmesh run --job NAME --log FILE`".to_owned(),
        |job| format!("leave out what is left over from another run: --job {}", shown(job)),
    );
    Err(Error::input("the logs are not of one job", jobs(&logs), help))
}

fn job_of(log: &Named<'_>) -> String {
    log.timed.log.id.job.as_ref().map_or_else(|| "no job".to_owned(), |job| format!("job `{}`", shown(job)))
}

/// `a.log: job `tuesday`, b.log: no job`.
fn jobs(logs: &[Named<'_>]) -> String {
    let said: Vec<String> =
        logs.iter().map(|log| format!("{}: {}", log.path.display(), job_of(log))).collect();
    said.join(", ")
}

/// Two logs of one run under two names: one is a copy, or left over.
fn say_equal(logs: &[Named<'_>], style: Style) {
    let runs: Vec<_> = logs.iter().map(|it| oplog::digest::run(&it.timed.log, &it.timed.digests)).collect();
    for (at, run) in runs.iter().enumerate() {
        if let Some(same) = runs[..at].iter().position(|other| other == run) {
            let [one, other] = [same, at].map(|it| logs[it].path.display());
            style.note(&format!("{one} and {other} are logs of equal runs"));
        }
    }
}
