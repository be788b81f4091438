//! The inputs that reach an element, as boxes.

use oplog::provenance::{Ranges, Region, Taken};
use program::program::{HostTensor, Role};
use program::{Program, TensorId};

use super::boxes;
use super::field::Field;
use super::reach::{Reach, row_of};
use super::trace::{Graph, Trace};
use super::ways::Ways;
use crate::inputs::{HostValue, HostValues};

/// The inputs that reach an element of an output.
pub struct Slice {
    trace: Trace,
    /// By input of the program: the ways of each element, over all shares.
    pub inputs: Vec<Reach>,
}

pub fn extents(of: &HostTensor) -> Vec<u64> {
    of.shape.iter().map(|&n| n.into()).collect()
}

/// The box of its host tensor that a tensor is.
fn place(program: &Program, tensor: TensorId, start: &[u32]) -> Ranges {
    let shape = &program.tensors[tensor.index()].shape;
    start.iter().zip(shape).map(|(&start, &n)| [u64::from(start), u64::from(start) + u64::from(n)]).collect()
}

/// Tensors that are boxes of a host tensor, and which box each is.
pub fn shares(program: &Program, number: usize, is_input: bool) -> Vec<(TensorId, Ranges)> {
    let all = program.tensors.iter().enumerate();
    let of = all.filter_map(|(index, tensor)| {
        let id = TensorId(index as u32);
        let share = if is_input { tensor.role.given() } else { tensor.role.taken() };
        let (_, start) = share.filter(|(of, _)| *of as usize == number)?;
        Some((id, place(program, id, start)))
    });
    of.collect()
}

fn is_of(role: &Role, input: usize) -> bool {
    role.given().is_some_and(|(of, _)| of as usize == input)
}

/// A box of an input, and the ranks that hold some of it.
pub fn region(program: &Program, input: usize, ranges: Ranges) -> Region {
    let meets = |share: &Ranges| share.iter().zip(&ranges).all(|(a, b)| a[0] < b[1] && b[0] < a[1]);
    let holders = shares(program, input, true).into_iter().filter(|(_, share)| meets(share));
    let mut ranks: Vec<u32> = holders.map(|(tensor, _)| program.tensors[tensor.index()].home.0).collect();
    ranks.sort_unstable();
    ranks.dedup();
    Region { input: program.inputs[input].name.clone(), ranges, ranks }
}

impl Graph<'_> {
    /// What reaches element `at` of an output; `None` when no rank gives it.
    pub fn slice(&self, output: usize, at: u64) -> Option<Slice> {
        let program = &self.log.program;
        let index = boxes::index(&extents(&program.outputs[output]), at);
        let within =
            |share: &Ranges| share.iter().zip(&index).all(|(range, i)| (range[0]..range[1]).contains(i));
        let (tensor, share) = shares(program, output, false).into_iter().find(|(_, share)| within(share))?;
        let shape: Vec<u64> = share.iter().map(|[first, end]| end - first).collect();
        let own = boxes::flat(&shape, index.iter().zip(&share).map(|(i, range)| i - range[0]));
        let mut ways = vec![Ways::NONE; boxes::volume(&share) as usize];
        *ways.get_mut(own as usize)? = Ways::ONCE;
        Some(self.sliced(self.trace(&[(tensor, ways)])))
    }

    fn sliced(&self, trace: Trace) -> Slice {
        let inputs = (0..self.log.program.inputs.len()).map(|input| self.reach(&trace, input)).collect();
        Slice { trace, inputs }
    }

    /// What a trace reaches of an input, over all shares.
    fn reach(&self, trace: &Trace, input: usize) -> Reach {
        let host = &self.log.program.inputs[input];
        let shape = extents(host);
        let reached = || reached_shares(&self.log.program, trace, input);
        let ends = reached().filter_map(|(share, field)| {
            let (first, end) = field.bounds()?;
            let own: Vec<u64> = share.iter().map(|[first, end]| end - first).collect();
            let at = |at: u64| {
                let index = boxes::index(&own, at);
                boxes::flat(&shape, index.iter().zip(&share).map(|(i, range)| i + range[0]))
            };
            Some((at(first), at(end - 1) + 1))
        });
        let (first, end) = ends.fold((u64::MAX, 0), |all, it| (all.0.min(it.0), all.1.max(it.1)));
        let mut reach = Reach::of_rows(host.elements(), row_of(&shape), first, end);
        for (share, field) in reached() {
            let mut own = 0;
            boxes::rows(&shape, &share, |row, n| {
                field.for_each(own, own + n, |first, end, ways| {
                    (first..end).for_each(|at| reach.add(row + (at - own), ways));
                });
                own += n;
            });
        }
        reach
    }

    /// The first `most` parts of inputs that reach no output, and how many there are in all. The ranks that hold a part
    /// are searched among all tensors, so parts that nobody asks for are counted alone.
    pub fn unused(&self, most: usize) -> (Vec<Region>, u64) {
        let program = &self.log.program;
        let outputs = (0..program.outputs.len()).flat_map(|output| shares(program, output, false));
        let all =
            outputs.map(|(tensor, share)| (tensor, vec![Ways::FUNCTION; boxes::volume(&share) as usize]));
        let trace = self.trace(&all.collect::<Vec<_>>());
        if !trace.complete {
            return (Vec::new(), 0);
        }
        let (mut first, mut n) = (Vec::new(), 0);
        for input in 0..program.inputs.len() {
            let left = unreached(program, &trace, input);
            let is_any = left.iter().any(Option::is_some);
            let shape = extents(&program.inputs[input]);
            let boxes = if is_any { boxes::cover(&shape, left) } else { Vec::new() };
            n += boxes.len() as u64;
            let rest = most - first.len();
            first.extend(boxes.into_iter().take(rest).map(|(ranges, ())| region(program, input, ranges)));
        }
        (first, n)
    }
}

/// Elements of an input that a trace does not reach.
fn unreached(program: &Program, trace: &Trace, input: usize) -> Vec<Option<()>> {
    let host = &program.inputs[input];
    let (shape, mut left) = (extents(host), vec![Some(()); host.elements() as usize]);
    for (share, field) in reached_shares(program, trace, input) {
        let mut own = 0;
        boxes::rows(&shape, &share, |row, n| {
            field.for_each(own, own + n, |first, end, _| {
                left[(row + (first - own)) as usize..(row + (end - own)) as usize].fill(None);
            });
            own += n;
        });
    }
    left
}

/// The shares of an input that a trace reaches, each with its box.
fn reached_shares<'t>(
    program: &'t Program,
    trace: &'t Trace,
    input: usize,
) -> impl Iterator<Item = (Ranges, &'t Field)> {
    trace.shares.iter().filter_map(move |(tensor, field)| {
        let given = program.tensors[tensor.index()].role.given();
        let (_, start) = given.filter(|(of, _)| *of as usize == input)?;
        Some((place(program, *tensor, start), field))
    })
}

impl Slice {
    pub fn is_complete(&self) -> bool {
        self.trace.complete
    }

    pub fn unwritten(&self) -> u64 {
        self.trace.unwritten
    }

    /// A box of an input that is taken, and the ranks whose shares of it are.
    pub fn region(&self, program: &Program, input: usize, ranges: Ranges) -> Region {
        let mut region = region(program, input, ranges);
        let is_taken = |rank: &u32| {
            self.trace.shares.iter().any(|(tensor, field)| {
                let of = &program.tensors[tensor.index()];
                of.home.0 == *rank && is_of(&of.role, input) && field.bounds().is_some()
            })
        };
        let taken: Vec<u32> = region.ranks.iter().copied().filter(is_taken).collect();
        if !taken.is_empty() {
            region.ranks = taken;
        }
        region
    }

    /// Boxes of one number of ways, each of one rank's share, in the order of inputs and ranks.
    pub fn taken(&self, program: &Program, inputs: &HostValues) -> Vec<Taken> {
        let mut taken = Vec::new();
        for (input, host) in program.inputs.iter().enumerate() {
            for (tensor, share) in shares(program, input, true) {
                let Some((_, field)) = self.trace.shares.iter().find(|(of, _)| *of == tensor) else {
                    continue;
                };
                let shape: Vec<u64> = share.iter().map(|[first, end]| end - first).collect();
                let ways = &field.reach(row_of(&shape));
                for (own, times) in ways.cover(&shape, |_, ways| ways.reaches().then(|| ways.times())) {
                    let weight = (times > 0).then(|| one_weight(&shape, ways, &own)).flatten();
                    let ranges: Ranges =
                        own.iter().zip(&share).map(|(own, of)| own.map(|i| i + of[0])).collect();
                    let weigh = |at: u64| ways.at(at).weight();
                    let given =
                        || sum(&shape, &own, weigh, (&extents(host), &ranges, inputs.get(&host.name)?));
                    let gives = (times > 0).then(given).flatten();
                    let ranks = vec![program.tensors[tensor.index()].home.0];
                    let region = Region { input: host.name.clone(), ranges, ranks };
                    taken.push(Taken { region, times, weight, gives });
                }
            }
        }
        taken
    }

    /// What a box of an input gives along the ways that count.
    pub fn given(&self, input: usize, shape: &[u64], ranges: &Ranges, value: &HostValue) -> Option<f64> {
        let weigh = |at: u64| self.inputs[input].at(at).weight();
        sum(shape, ranges, weigh, (shape, ranges, value))
    }
}

/// The weight of all elements of a box, where it is one.
fn one_weight(shape: &[u64], ways: &Reach, ranges: &Ranges) -> Option<f64> {
    let (mut first, mut is_one) = (None, true);
    boxes::for_each(shape, ranges, |at| {
        let weight = ways.at(at).weight();
        is_one &= *first.get_or_insert(weight) == weight;
    });
    first.flatten().filter(|_| is_one)
}

/// Sum of weight × value over a box, whose places are given in the shape of the weights and in that of the input.
fn sum(
    shape: &[u64],
    own: &Ranges,
    weigh: impl Fn(u64) -> Option<f64>,
    (extents, ranges, value): (&[u64], &Ranges, &HostValue),
) -> Option<f64> {
    let mut weights = Vec::new();
    boxes::for_each(shape, own, |at| weights.push(weigh(at)));
    let (mut sum, mut weights, mut row) = (Some(0.0), weights.into_iter(), Vec::new());
    boxes::rows(extents, ranges, |first, n| {
        row.resize(n as usize, 0.0);
        value.read_wide(first as usize, &mut row);
        for x in &row {
            sum = sum.zip(weights.next().flatten()).map(|(sum, weight)| sum + weight * x);
        }
    });
    sum
}
