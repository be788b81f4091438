//! `kernmesh replay`

use replay::{ReadRule, is_timing_only};

use super::args::ReplayArgs;
use super::outputs::{Json, targets};
use super::progress::shown;
use super::result::{Report, replay_options};
use super::run::tensors;
use super::terminal::note;
use crate::error::{Error, Exit};
use crate::log_file;
use crate::simulate::{compute, origin};
use crate::summary::Summary;
use crate::tensors::TensorFile;

pub fn replay(args: &ReplayArgs) -> Result<Exit, Error> {
    let compute_args = &args.compute;
    let timed = log_file::read(&args.log)?;
    let (log, rule) = (&timed.log, compute_args.read_rule);
    // What other rules read is no statement about the log, and a timing-only log has no values.
    let keeps = rule == ReadRule::Identity && !is_timing_only(&log.program);
    let beside = log_file::checksums_of(&args.log);
    let json = Json::of(compute_args.json.as_deref());
    let outputs = [
        compute_args.out.as_deref().map(|path| ("--out", path)),
        keeps.then_some(("the checksums of LOG", &*beside)),
        json.file(),
    ];
    let inputs = [Some(("LOG", &*args.log)), compute_args.tensors.as_deref().map(|path| ("--tensors", path))];
    let [out, sums, json_file] = targets(outputs, &inputs)?;
    let file = compute_args.tensors.as_deref().map(TensorFile::open).transpose()?;
    let tensors = tensors(&log.program, file.as_ref(), compute_args)?;
    let reference = origin(&log.program).ok().and_then(|recorded| recorded.reference);

    let mut summary = Summary::of(&log.program, &log.machine, log.id.seed, rule.to_string());
    summary.add_times(&timed);
    let mut report = Report { out, log: None, sums, json, json_file, summary };
    let options = replay_options(compute_args, keeps);
    let computed = shown("replaying", || compute(&timed, reference.as_ref(), &tensors, options));
    let computed = report.explain(computed)?;
    let earlier = log_file::read_checksums(&args.log, &timed).ok().flatten().filter(|_| keeps);
    let (earlier, now) = (earlier.map(|sums| sums.replay.data), computed.data);
    let exit = report.finish(&timed, computed)?;
    if let (Some(earlier), Some(now)) = (earlier, now)
        && earlier != now
    {
        note(&format!(
            "the values differ from those of the last replay of this log: other tensors were given ({earlier}, now {now})"
        ));
    }
    Ok(exit)
}
