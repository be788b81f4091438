//! The host takes its outputs: every rank's share, gathered. Copies of one element must agree in every bit.

use diagnostic::fact::Observed;
use diagnostic::{Access, Advice, Code, Diagnostic, Does, Fact, Place, Repair};
use oplog::OpLog;
use order::RegionMap;
use program::program::HostTensor;
use program::{Base, Rows, TensorId, View};

use crate::error::ReplayError;
use crate::history::Part;
use crate::inputs::{HostValue, HostValues, share};
use crate::operands::{POISON, append};
use crate::place::op_ref;
use crate::reads::Reads;
use crate::values::Values;
use crate::version::{Versions, Writer};

/// Outputs of a run.
pub struct Outputs<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub reads: &'a Reads,
    pub values: &'a Values<'a>,
}

/// One rank's share of an output.
struct Share {
    tensor: TensorId,
    parts: Vec<Part>,
    bytes: Vec<u8>,
    rows: Rows,
}

/// A run of an output that a share gave: byte `at` of the output is byte `at - shift` of the share.
#[derive(Clone, Copy)]
struct Given {
    share: usize,
    shift: u64,
}

impl Outputs<'_> {
    /// Gathers all outputs. Bytes that no rank gives are poison, and where copies differ the first tensor's stay;
    /// both are findings.
    ///
    /// # Errors
    /// [`ReplayError::Log`] when a share reaches beyond its output.
    pub fn gather(&self) -> Result<(HostValues, Vec<Diagnostic>), ReplayError> {
        let (mut outputs, mut findings) = (HostValues::new(), Vec::new());
        for (number, output) in self.log.program.outputs.iter().enumerate() {
            let shares = self.shares(number, output)?;
            let bytes = self.join(output, &shares, &mut findings);
            let (shape, dtype) = (output.shape.clone(), output.dtype);
            outputs.insert(output.name.clone(), HostValue { shape, dtype, bytes });
        }
        Ok((outputs, findings))
    }

    fn shares(&self, number: usize, output: &HostTensor) -> Result<Vec<Share>, ReplayError> {
        let mut shares = Vec::new();
        for (index, tensor) in self.log.program.tensors.iter().enumerate() {
            let Some((of, start)) = tensor.role.taken() else { continue };
            if of as usize != number {
                continue;
            }
            let beyond = || ReplayError::Log(format!("tensor `{}` reaches beyond its output", tensor.name));
            let place = share(&[], &output.shape, start, &tensor.shape, output.dtype).ok_or_else(beyond)?;
            let id = TensorId(index as u32);
            let (base, offset) = (Base::Tensor(id), place.offset);
            let view = View { base, offset, shape: place.shape, strides: place.strides, dtype: place.dtype };
            let parts: Vec<Part> = self.reads.of(self.versions.n_ops() + index).flatten().copied().collect();
            let mut bytes = Vec::new();
            for part in &parts {
                append(self.values, part, part.start, part.end(), &mut bytes);
            }
            shares.push(Share { tensor: id, parts, bytes, rows: view.rows() });
        }
        Ok(shares)
    }

    fn join(&self, output: &HostTensor, shares: &[Share], findings: &mut Vec<Diagnostic>) -> Vec<u8> {
        let n = output.bytes() as usize;
        let (mut whole, mut given) = (vec![POISON; n], RegionMap::<Given>::default());
        for (number, share) in shares.iter().enumerate() {
            let (mut at, mut differs) = (0, None);
            share.rows.for_each(|start| {
                let end = start + share.rows.run();
                let row = &share.bytes[at as usize..(at + share.rows.run()) as usize];
                differs = differs.or_else(|| first_difference(&given, &whole, start, row));
                let shift = start.wrapping_sub(at);
                for (from, to) in gaps(&given, start, end) {
                    let piece = &row[(from - start) as usize..(to - start) as usize];
                    whole[from as usize..to as usize].copy_from_slice(piece);
                    given.insert(from, to, Given { share: number, shift });
                }
                at += share.rows.run();
            });
            if let Some((byte, other)) = differs {
                let mine = self.offset_in(share, byte);
                findings.push(self.differ(
                    output,
                    (share, mine),
                    (&shares[other.share], byte.wrapping_sub(other.shift)),
                ));
            }
        }
        let missing: u64 = gaps(&given, 0, n as u64).iter().map(|(from, to)| to - from).sum();
        if missing > 0 {
            findings.push(not_given(output, missing));
        }
        whole
    }

    /// Where byte `byte` of the output lies in a share.
    fn offset_in(&self, share: &Share, byte: u64) -> u64 {
        let (mut at, mut found) = (0, 0);
        share.rows.for_each(|start| {
            if (start..start + share.rows.run()).contains(&byte) {
                found = at + byte - start;
            }
            at += share.rows.run();
        });
        found
    }

    fn differ(&self, output: &HostTensor, mine: (&Share, u64), other: (&Share, u64)) -> Diagnostic {
        let tensors = &self.log.program.tensors;
        let names = [mine.0, other.0].map(|share| &tensors[share.tensor.index()]);
        let address = self.log.layout.tensors[mine.0.tensor.index()] + mine.1;
        let observed = Observed::CopiesDiffer {
            output: output.name.clone(),
            ranks: names.map(|tensor| tensor.home),
            tensors: names.map(|tensor| tensor.name.clone()),
        };
        Diagnostic {
            accesses: [mine, other].iter().filter_map(|&(share, at)| self.writer(share, at)).collect(),
            place: Some(Place::Output { name: output.name.clone() }),
            bytes: Some([address, address + output.dtype.size()]),
            repair: Repair::Fixed(Advice::FoldInRankOrder),
            value_differed: Some(true),
            ..Diagnostic::new(Code::OutputsDiffer, Fact::Observed(Box::new(observed)))
        }
    }

    fn writer(&self, share: &Share, at: u64) -> Option<Access> {
        let address = self.log.layout.tensors[share.tensor.index()] + at;
        let part = share.parts.iter().find(|part| (part.start..part.end()).contains(&address))?;
        match self.versions.get(part.version?).writer {
            Writer::Op(op) => Some(Access::new(op_ref(self.log, self.versions, op), Does::Writes)),
            Writer::Host(_) => None,
        }
    }
}

/// The first byte of `row`, which begins at `start`, that an earlier share gave otherwise.
fn first_difference(given: &RegionMap<Given>, whole: &[u8], start: u64, row: &[u8]) -> Option<(u64, Given)> {
    let end = start + row.len() as u64;
    given.overlapping(start, end).find_map(|(from, to, &by)| {
        let differs = |&at: &u64| whole[at as usize] != row[(at - start) as usize];
        (from..to).find(differs).map(|at| (at, by))
    })
}

/// The parts of `start..end` that no rank has given yet.
fn gaps(given: &RegionMap<Given>, start: u64, end: u64) -> Vec<(u64, u64)> {
    let (mut gaps, mut at) = (Vec::new(), start);
    for (from, to, _) in given.overlapping(start, end) {
        if at < from {
            gaps.push((at, from));
        }
        at = to;
    }
    if at < end {
        gaps.push((at, end));
    }
    gaps
}

fn not_given(output: &HostTensor, missing: u64) -> Diagnostic {
    let observed = Observed::NotGiven { output: output.name.clone(), bytes: missing };
    Diagnostic {
        place: Some(Place::Output { name: output.name.clone() }),
        repair: Repair::Fixed(Advice::GiveAllElements),
        ..Diagnostic::new(Code::Malformed, Fact::Observed(Box::new(observed)))
    }
}
