//! An op as numbers: a code for its kind, its scalars and its views. Digests and sealed files are made of
//! these, so codes are never given to another kind.

use program::op::{BinaryFn, BusyUnit, CompareFn, Constant, ReduceFn, UnaryFn};
use program::{DType, EventId, Message, Op, OpIndex, Operand, Rank, Reduction, RingId, ViewId};

use crate::varint::{Read, narrow};

const UNARY: [UnaryFn; 6] =
    [UnaryFn::Cast, UnaryFn::Neg, UnaryFn::Abs, UnaryFn::Exp, UnaryFn::Reciprocal, UnaryFn::Sqrt];
const BINARY: [BinaryFn; 6] =
    [BinaryFn::Add, BinaryFn::Sub, BinaryFn::Mul, BinaryFn::Div, BinaryFn::Maximum, BinaryFn::Minimum];
const COMPARE: [CompareFn; 6] =
    [CompareFn::Eq, CompareFn::Ne, CompareFn::Lt, CompareFn::Le, CompareFn::Gt, CompareFn::Ge];
const REDUCE: [ReduceFn; 2] = [ReduceFn::Sum, ReduceFn::Max];
const BUSY: [BusyUnit; 2] = [BusyUnit::Gemm, BusyUnit::Math];

/// How many codes there are.
pub(crate) const CODES: usize = 31;

pub(crate) fn code(op: &Op) -> u8 {
    match op {
        Op::Load { .. } => 0,
        Op::Store { .. } => 1,
        Op::Copy { .. } => 2,
        Op::Dot { .. } => 3,
        Op::Unary { .. } => 4,
        Op::Binary { .. } => 5,
        Op::Compare { .. } => 6,
        Op::Where { .. } => 7,
        Op::Reduce { .. } => 8,
        Op::Fill { .. } => 9,
        Op::Iota { .. } => 10,
        Op::Send { .. } => 11,
        Op::Forward { .. } => 12,
        Op::Recv { .. } => 13,
        Op::RecvAsync { .. } => 14,
        Op::RecvCopy { .. } => 15,
        Op::Release { after, .. } if after.is_empty() => 16,
        Op::Wait { .. } => 17,
        Op::Barrier { .. } => 18,
        Op::Signal { .. } => 19,
        Op::WaitGe { .. } => 20,
        Op::Busy { .. } => 21,
        Op::Contribute { .. } => 22,
        Op::Expect { .. } => 23,
        Op::Release { .. } => 28,
        Op::Multicast { .. } => 29,
        Op::RecvReduce(_) => 30,
        Op::Commit {} => 24,
        Op::EventSignal { .. } => 25,
        Op::EventWait { .. } => 26,
        Op::HostCopy { .. } => 27,
    }
}

pub fn dtype_code(dtype: DType) -> u8 {
    dtype as u8
}
pub(crate) fn dtype(code: u64) -> Read<DType> {
    from_table(&DType::ALL, code)
}

/// Everything an op says beside its kind and its views.
pub fn scalars(op: &Op, out: &mut Vec<u64>) {
    match op {
        Op::Load { .. } | Op::Store { .. } | Op::Copy { .. } | Op::HostCopy { .. } | Op::Commit {} => {}
        Op::Dot { accumulate, acc, .. } => out.extend([u64::from(*accumulate), *acc as u64]),
        Op::Unary { f, .. } => out.push(*f as u64),
        Op::Binary { f, x, y, .. } => out.extend([*f as u64, operand(*x), operand(*y)]),
        Op::Compare { f, x, y, .. } => out.extend([*f as u64, operand(*x), operand(*y)]),
        Op::Where { x, y, .. } => out.extend([operand(*x), operand(*y)]),
        Op::Reduce { f, axis, acc, wrap, .. } => {
            out.extend([*f as u64, u64::from(*axis), *acc as u64, u64::from(*wrap)]);
        }
        Op::Fill { value, .. } => out.push(u64::from(value.0)),
        Op::Iota { axis, start, step, .. } => out.extend([u64::from(*axis), signed(*start), signed(*step)]),
        Op::Send { message, .. }
        | Op::Forward { message, .. }
        | Op::Recv { message, .. }
        | Op::RecvAsync { message, .. }
        | Op::RecvCopy { message, .. } => out.extend([u64::from(message.ring.0), u64::from(message.number)]),
        Op::Release { message, after } => {
            out.extend([u64::from(message.ring.0), u64::from(message.number)]);
            if !after.is_empty() {
                list(after.iter().map(|op| op.0), out);
            }
        }
        Op::Multicast { messages, .. } => several(messages, out),
        Op::RecvReduce(reduction) => {
            out.extend([reduction.f as u64, reduction.acc as u64]);
            several(&reduction.messages, out);
        }
        Op::Wait { on } => list(on.iter().map(|op| op.0), out),
        Op::Barrier { number } => out.push(u64::from(*number)),
        Op::Signal { semaphore, to, amount, after } => {
            out.extend([u64::from(semaphore.0), u64::from(to.0), u64::from(*amount)]);
            list(after.iter().map(|op| op.0), out);
        }
        Op::WaitGe { semaphore, value } => out.extend([u64::from(semaphore.0), u64::from(*value)]),
        Op::Busy { unit, cycles } => out.extend([*unit as u64, *cycles]),
        Op::Contribute { key, .. } => out.push(u64::from(*key)),
        Op::Expect { keys, .. } => list(keys.iter().copied(), out),
        Op::EventSignal { event, value } | Op::EventWait { event, value } => {
            out.extend([u64::from(event.0), u64::from(*value)]);
        }
    }
}

/// Every view an op names, each once and in the order that [`op`] reads them.
pub fn views(op: &Op) -> impl Iterator<Item = ViewId> + '_ {
    let members: &[ViewId] = if let Op::RecvReduce(reduction) = op { &reduction.views } else { &[] };
    members.iter().copied().chain(single_views(op))
}

fn single_views(op: &Op) -> impl Iterator<Item = ViewId> + use<> {
    let views = match *op {
        Op::Load { from, to }
        | Op::Store { from, to }
        | Op::Copy { from, to }
        | Op::HostCopy { from, to } => [Some(from), Some(to), None, None],
        Op::Dot { a, b, c, .. } => [Some(a), Some(b), Some(c), None],
        Op::Unary { x, to, .. } | Op::Reduce { x, to, .. } => [Some(x), Some(to), None, None],
        Op::Binary { x, y, to, .. } | Op::Compare { x, y, to, .. } => [x.view(), y.view(), Some(to), None],
        Op::Where { mask, x, y, to } => [Some(mask), x.view(), y.view(), Some(to)],
        Op::Fill { to, .. } | Op::Iota { to, .. } => [Some(to), None, None, None],
        Op::Send { from, .. } | Op::Forward { from, .. } | Op::Multicast { from, .. } => {
            [Some(from), None, None, None]
        }
        Op::RecvReduce(ref reduction) => [Some(reduction.x), Some(reduction.to), None, None],
        Op::Recv { view, .. } | Op::RecvAsync { view, .. } => [Some(view), None, None, None],
        Op::RecvCopy { view, to, .. } => [Some(view), Some(to), None, None],
        Op::Contribute { view, .. } | Op::Expect { view, .. } => [Some(view), None, None, None],
        Op::Release { .. }
        | Op::Wait { .. }
        | Op::Barrier { .. }
        | Op::Signal { .. }
        | Op::WaitGe { .. }
        | Op::Busy { .. }
        | Op::Commit {}
        | Op::EventSignal { .. }
        | Op::EventWait { .. } => [None; 4],
    };
    views.into_iter().flatten()
}

/// The op with this code, from its scalars and then its views, which `next` gives one by one.
pub(crate) fn op(code: u8, next: &mut impl FnMut() -> Read<u64>) -> Read<Op> {
    let mut fields = Fields { next };
    fields.op(code)
}

struct Fields<'a, F> {
    next: &'a mut F,
}

impl<F: FnMut() -> Read<u64>> Fields<'_, F> {
    fn small<T: TryFrom<u64>>(&mut self) -> Read<T> {
        narrow((self.next)()?)
    }
    fn view(&mut self) -> Read<ViewId> {
        self.small().map(ViewId)
    }
    fn one_of<T: Copy>(&mut self, table: &[T]) -> Read<T> {
        from_table(table, (self.next)()?)
    }
    fn flag(&mut self) -> Read<bool> {
        self.one_of(&[false, true])
    }
    fn message(&mut self) -> Read<Message> {
        Ok(Message { ring: RingId(self.small()?), number: self.small()? })
    }
    /// A list grows as its items are read, so that a length alone allocates nothing.
    fn list<T>(&mut self, item: impl Fn(u32) -> T) -> Read<Box<[T]>> {
        let n = (self.next)()?;
        let mut items = Vec::new();
        for _ in 0..n {
            items.push(item(self.small()?));
        }
        Ok(items.into())
    }
    /// A list grows as it is read, as `list` does.
    fn messages(&mut self) -> Read<Box<[Message]>> {
        let n = (self.next)()?;
        let mut messages = Vec::new();
        for _ in 0..n {
            messages.push(self.message()?);
        }
        Ok(messages.into())
    }
    fn reduction(&mut self) -> Read<Reduction> {
        let (f, acc) = (self.one_of(&REDUCE)?, self.one_of(&DType::ALL)?);
        let messages = self.messages()?;
        let views = messages.iter().map(|_| self.view()).collect::<Read<_>>()?;
        Ok(Reduction { f, acc, messages, views, x: self.view()?, to: self.view()? })
    }
    fn operand(&mut self) -> Read<Option<Constant>> {
        match (self.next)()?.checked_sub(1) {
            None => Ok(None),
            Some(bits) => Ok(Some(Constant(narrow(bits)?))),
        }
    }
    fn resolve(&mut self, constant: Option<Constant>) -> Read<Operand> {
        constant.map_or_else(|| self.view().map(Operand::View), |c| Ok(Operand::Constant(c)))
    }
    fn signed(&mut self) -> Read<i32> {
        let n: u32 = self.small()?;
        Ok(n.cast_signed())
    }

    fn op(&mut self, code: u8) -> Read<Op> {
        Ok(match code {
            0 => Op::Load { from: self.view()?, to: self.view()? },
            1 => Op::Store { from: self.view()?, to: self.view()? },
            2 => Op::Copy { from: self.view()?, to: self.view()? },
            3 => {
                let (accumulate, acc) = (self.flag()?, self.one_of(&DType::ALL)?);
                Op::Dot { a: self.view()?, b: self.view()?, c: self.view()?, accumulate, acc }
            }
            4 => Op::Unary { f: self.one_of(&UNARY)?, x: self.view()?, to: self.view()? },
            5 => {
                let f = self.one_of(&BINARY)?;
                let (x, y, to) = self.two_operands()?;
                Op::Binary { f, x, y, to }
            }
            6 => {
                let f = self.one_of(&COMPARE)?;
                let (x, y, to) = self.two_operands()?;
                Op::Compare { f, x, y, to }
            }
            7 => {
                let (x, y, mask) = (self.operand()?, self.operand()?, self.view()?);
                Op::Where { mask, x: self.resolve(x)?, y: self.resolve(y)?, to: self.view()? }
            }
            8 => {
                let (f, axis) = (self.one_of(&REDUCE)?, self.small()?);
                let (acc, wrap) = (self.one_of(&DType::ALL)?, self.flag()?);
                Op::Reduce { f, axis, x: self.view()?, to: self.view()?, acc, wrap }
            }
            9 => Op::Fill { value: Constant(self.small()?), to: self.view()? },
            10 => Op::Iota {
                axis: self.small()?,
                start: self.signed()?,
                step: self.signed()?,
                to: self.view()?,
            },
            21 => Op::Busy { unit: self.one_of(&BUSY)?, cycles: (self.next)()? },
            22 => Op::Contribute { key: self.small()?, view: self.view()? },
            23 => Op::Expect { keys: self.list(|key| key)?, view: self.view()? },
            27 => Op::HostCopy { from: self.view()?, to: self.view()? },
            _ => return self.order(code),
        })
    }

    fn two_operands(&mut self) -> Read<(Operand, Operand, ViewId)> {
        let (x, y) = (self.operand()?, self.operand()?);
        Ok((self.resolve(x)?, self.resolve(y)?, self.view()?))
    }

    /// Messages, command buffers, and what only orders.
    fn order(&mut self, code: u8) -> Read<Op> {
        Ok(match code {
            11 => Op::Send { message: self.message()?, from: self.view()? },
            12 => Op::Forward { message: self.message()?, from: self.view()? },
            13 => Op::Recv { message: self.message()?, view: self.view()? },
            14 => Op::RecvAsync { message: self.message()?, view: self.view()? },
            15 => Op::RecvCopy { message: self.message()?, view: self.view()?, to: self.view()? },
            16 => Op::Release { message: self.message()?, after: [].into() },
            17 => Op::Wait { on: self.list(OpIndex)? },
            18 => Op::Barrier { number: self.small()? },
            19 => Op::Signal {
                semaphore: program::op::SemaphoreId(self.small()?),
                to: Rank(self.small()?),
                amount: self.small()?,
                after: self.list(OpIndex)?,
            },
            20 => Op::WaitGe { semaphore: program::op::SemaphoreId(self.small()?), value: self.small()? },
            24 => Op::Commit {},
            25 => Op::EventSignal { event: EventId(self.small()?), value: self.small()? },
            26 => Op::EventWait { event: EventId(self.small()?), value: self.small()? },
            28 => Op::Release { message: self.message()?, after: self.list(OpIndex)? },
            29 => Op::Multicast { messages: self.messages()?, from: self.view()? },
            30 => Op::RecvReduce(Box::new(self.reduction()?)),
            _ => return Err(format!("{code} is not the code of an op")),
        })
    }
}

/// 0 for a view, which follows among the views; else one more than the bits of the constant.
fn operand(operand: Operand) -> u64 {
    match operand {
        Operand::View(_) => 0,
        Operand::Constant(constant) => 1 + u64::from(constant.0),
    }
}

fn signed(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}

fn several(messages: &[Message], out: &mut Vec<u64>) {
    out.push(messages.len() as u64);
    out.extend(messages.iter().flat_map(|message| [u64::from(message.ring.0), u64::from(message.number)]));
}

fn list(items: impl ExactSizeIterator<Item = u32>, out: &mut Vec<u64>) {
    out.push(items.len() as u64);
    out.extend(items.map(u64::from));
}

pub(crate) fn from_table<T: Copy>(table: &[T], code: u64) -> Read<T> {
    let found = usize::try_from(code).ok().and_then(|code| table.get(code));
    found.copied().ok_or_else(|| format!("{code} is not one of the {} that exist", table.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_op_reads_back_from_its_numbers() {
        let mut seen = [false; CODES];
        for op_written in sample::every_op() {
            let mut fields = Vec::new();
            scalars(&op_written, &mut fields);
            fields.extend(views(&op_written).map(|view| u64::from(view.0)));
            let mut fields = fields.into_iter();
            let read = op(code(&op_written), &mut || fields.next().ok_or("it ends too early".to_owned()));
            assert_eq!(read.as_ref(), Ok(&op_written));
            assert_eq!(fields.next(), None, "{op_written:?}");
            seen[usize::from(code(&op_written))] = true;
        }
        assert_eq!(seen, [true; CODES]);
    }

    #[test]
    fn tables_are_in_the_order_of_their_codes() {
        let codes = |n: usize| (0..n as u64).collect::<Vec<_>>();
        assert_eq!(UNARY.map(|f| f as u64).to_vec(), codes(6));
        assert_eq!(BINARY.map(|f| f as u64).to_vec(), codes(6));
        assert_eq!(COMPARE.map(|f| f as u64).to_vec(), codes(6));
        assert_eq!(REDUCE.map(|f| f as u64).to_vec(), codes(2));
        assert_eq!(BUSY.map(|f| f as u64).to_vec(), codes(2));
        assert_eq!(DType::ALL.map(|d| d as u64).to_vec(), codes(7));
    }

    #[test]
    fn numbers_that_are_no_op_are_refused() {
        for (code, field) in [(31, 0), (255, 0), (3, 2), (4, 6), (9, 1 << 32), (13, 1 << 32)] {
            assert!(op(code, &mut || Ok(field)).is_err(), "code {code} with {field}");
        }
    }
}
