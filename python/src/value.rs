//! Values of tiles after a run: the op after which each is meant, and what it held then.

use kernmesh::program::{OpIndex, Rank};
use kernmesh::replay::{self, Held, HostValue, ViewAfter};
use kernmesh::{Error, Timed};
use pyo3::prelude::*;

use crate::errors::Fault;
use crate::recorder::Recorder;
use crate::run::Run;
use crate::tile::Tile;

/// A tile, and the op of its rank after which its value is asked for.
pub struct Asked<'py> {
    pub tile: Bound<'py, Tile>,
    pub after: OpIndex,
}

/// Why no op is meant, and what to do.
pub struct Unclear {
    pub problem: String,
    pub help: &'static str,
}

impl From<Unclear> for PyErr {
    fn from(Unclear { problem, help }: Unclear) -> PyErr {
        Fault::input(problem, help).into()
    }
}

/// The op after which a tile's value is asked for: the one that returned this object, or the last one that wrote the
/// tile. Where they differ, the author says which.
pub fn op_meant(tile: &Tile, at: Option<&str>) -> Result<OpIndex, Unclear> {
    let (made, last) = (tile.handle.op(), tile.writer().op());
    let named = tile.__repr__();
    let found = match (at, made, last) {
        (None, Some(made), Some(last)) if made != last => {
            let problem =
                format!("the {named}, made by op {}, was written again, last by op {}", made.0, last.0);
            let help = "say which value is meant: at=\"made\" is after the op that returned this tile, and \
                        at=\"last\" after the last that wrote it";
            return Err(Unclear { problem, help });
        }
        (Some("made"), made, _) => made,
        (Some("last") | None, _, last) => last,
        (Some(other), ..) => {
            let problem = format!("a value is asked for at {other:?}");
            return Err(Unclear { problem, help: "it is at=\"made\" or at=\"last\"" });
        }
    };
    let help = "give the result of an op, or write it with `out=`";
    found.ok_or_else(|| Unclear { problem: format!("the {named} has no value: no op wrote it"), help })
}

/// The values of tiles of one recording, in one replay.
pub fn held(
    py: Python<'_>,
    run: &Run,
    recorder: &Recorder,
    asked: &[Asked<'_>],
) -> Result<Vec<HostValue>, Fault> {
    let Some(first) = asked.first() else { return Ok(Vec::new()) };
    let Timed { log, flow, .. } = &run.timed;
    if recorder.finished() != Some(&log.program) {
        let problem = format!("the {} is of another recording than the run", first.tile.get().__repr__());
        return Err(Fault::input(problem, "give a tile that the kernel of this run made"));
    }
    if run.computed.outputs.is_none() {
        let problem = format!("the run has no value of the {}", first.tile.get().__repr__());
        return Err(Fault::input(problem, "the program is timing only, or it has no output"));
    }
    let view = |Asked { tile, after }: &Asked<'_>| {
        let of = tile.get();
        ViewAfter { rank: Rank(of.rank), view: of.tile.as_view(), after: *after }
    };
    let views: Vec<ViewAfter> = asked.iter().map(view).collect();
    let options = replay::Options { checksums: false, ..run.options };
    let found = py.detach(|| replay::values_in(log, flow, &run.inputs, options, &views));
    let whole = |(held, Asked { tile, .. }): (Held, &Asked<'_>)| match held {
        Held::Value(value) => Ok(value),
        Held::Unwritten { bytes, of } => {
            let tile = tile.get().__repr__();
            let problem = format!("the {tile} has no value: {bytes} of its {of} bytes were not written");
            Err(Fault::input(problem, "give a part of it that is written, or a later tile"))
        }
    };
    found.map_err(Error::from)?.into_iter().zip(asked).map(whole).collect()
}
