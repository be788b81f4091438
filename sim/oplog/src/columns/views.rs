//! The view table of a rank. Few forms (shape, strides, dtype) serve many views: a form is written once.

use std::collections::BTreeMap;

use program::{Base, BufferId, DType, Dims, Message, RingId, TensorId, View};

use crate::varint::{Cursor, Read, put, put_delta};

type Form = (Dims, Dims, DType);

const BUFFER: u64 = 0;
const TENSOR: u64 = 1;
const MESSAGE: u64 = 2;
/// Set in a view's head when an offset follows.
const OFFSET: u64 = 4;

/// The last number of each kind.
#[derive(Default)]
struct Last {
    buffer: u64,
    tensor: u64,
    ring: u64,
    message: u64,
    offset: [u64; 3],
}

pub fn put_views(out: &mut Vec<u8>, views: &[View]) {
    put(out, views.len() as u64);
    let mut forms = Forms::default();
    let mut last = Last::default();
    for view in views {
        let form = (view.shape, view.strides, view.dtype);
        let (number, is_new) = forms.number(form);
        let kind = kind(view.base);
        let offset = if view.offset == 0 { 0 } else { OFFSET };
        put(out, number << 3 | offset | kind);
        if is_new {
            put_form(out, &form);
        }
        put_base(out, &mut last, view.base);
        if offset != 0 {
            put_delta(out, last.offset[kind as usize], view.offset);
            last.offset[kind as usize] = view.offset;
        }
    }
}

/// Forms in the order of their first use.
#[derive(Default)]
struct Forms {
    numbers: BTreeMap<Form, u64>,
    /// The newest forms asked for: loops use few, and comparing is cheaper than searching.
    recent: [Option<(Form, u64)>; 4],
    next: usize,
}

impl Forms {
    /// The number of a form, and whether it is new.
    fn number(&mut self, form: Form) -> (u64, bool) {
        if let Some((_, number)) = self.recent.iter().flatten().find(|(known, _)| *known == form) {
            return (*number, false);
        }
        let fresh = self.numbers.len() as u64;
        let number = *self.numbers.entry(form).or_insert(fresh);
        self.recent[self.next] = Some((form, number));
        self.next = (self.next + 1) % self.recent.len();
        (number, number == fresh)
    }
}

fn kind(base: Base) -> u64 {
    match base {
        Base::Buffer(_) => BUFFER,
        Base::Tensor(_) => TENSOR,
        Base::Message(_) => MESSAGE,
    }
}

fn put_base(out: &mut Vec<u8>, last: &mut Last, base: Base) {
    let mut step = |last: &mut u64, now: u32| {
        put_delta(out, *last, now.into());
        *last = now.into();
    };
    match base {
        Base::Buffer(buffer) => step(&mut last.buffer, buffer.0),
        Base::Tensor(tensor) => step(&mut last.tensor, tensor.0),
        Base::Message(message) => {
            step(&mut last.ring, message.ring.0);
            step(&mut last.message, message.number);
        }
    }
}

fn put_form(out: &mut Vec<u8>, (shape, strides, dtype): &Form) {
    for extents in [shape, strides] {
        out.push(extents.len() as u8);
        extents.iter().for_each(|&n| put(out, n.into()));
    }
    out.push(dtype.code());
}

pub fn read_views(cursor: &mut Cursor<'_>) -> Read<Vec<View>> {
    // A view takes at least its head and a step of its base.
    let n = cursor.length(2)?;
    let mut views = Vec::with_capacity(n);
    let mut forms: Vec<Form> = Vec::new();
    let mut last = Last::default();
    for _ in 0..n {
        let head = cursor.number()?;
        let number = head >> 3;
        if number == forms.len() as u64 {
            forms.push(read_form(cursor)?);
        }
        let found = usize::try_from(number).ok().and_then(|number| forms.get(number));
        let &(shape, strides, dtype) = found.ok_or("a view has a form that was not written before it")?;
        let (base, kind) = read_base(cursor, &mut last, head & 3)?;
        let mut offset = 0;
        if head & OFFSET != 0 {
            offset = cursor.delta(last.offset[kind])?;
            last.offset[kind] = offset;
        }
        views.push(View { base, offset, shape, strides, dtype });
    }
    Ok(views)
}

fn read_base(cursor: &mut Cursor<'_>, last: &mut Last, kind: u64) -> Read<(Base, usize)> {
    let mut step = |last: &mut u64| {
        *last = cursor.delta(*last)?;
        crate::varint::narrow::<u32>(*last)
    };
    let base = match kind {
        BUFFER => Base::Buffer(BufferId(step(&mut last.buffer)?)),
        TENSOR => Base::Tensor(TensorId(step(&mut last.tensor)?)),
        MESSAGE => {
            let ring = RingId(step(&mut last.ring)?);
            Base::Message(Message { ring, number: step(&mut last.message)? })
        }
        _ => return Err(format!("{kind} is not a kind of base")),
    };
    Ok((base, kind as usize))
}

fn read_form(cursor: &mut Cursor<'_>) -> Read<Form> {
    let shape = read_extents(cursor)?;
    Ok((shape, read_extents(cursor)?, DType::of_code(cursor.byte()?.into())?))
}

fn read_extents(cursor: &mut Cursor<'_>) -> Read<Dims> {
    let mut values = [0u32; program::view::MAX_DIMS];
    let n = usize::from(cursor.byte()?);
    let used = values.get_mut(..n).ok_or_else(|| format!("a view with {n} dimensions"))?;
    for value in &mut *used {
        *value = cursor.small()?;
    }
    Ok(Dims::new(used))
}
