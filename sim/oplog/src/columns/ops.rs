//! The ops of one rank, with their units and source lines.

use program::op::NumberError;
use program::program::Source;
use program::{Op, RankProgram};

use crate::stall::UnitId;
use crate::varint::{Cursor, Read, narrow, put, put_delta};

/// The code in an op's first byte; the largest says that the code is in a byte of its own.
const CODE: u8 = 0x1f;
/// Beside the code: what follows it.
const NEW_SOURCE: u8 = 0x20;
const NEW_UNIT: u8 = 0x40;

/// The last op of one code: the next one is written as its difference.
#[derive(Clone, Default)]
struct Last {
    fields: Vec<u64>,
    source: [u64; 3],
    unit: u8,
}

/// What the section of a rank's ops holds.
pub struct OpColumn {
    pub ops: Vec<Op>,
    pub units: Vec<UnitId>,
    pub sources: Vec<Source>,
}

pub fn put_ops(out: &mut Vec<u8>, program: &RankProgram, units: &[UnitId]) {
    put(out, program.ops.len() as u64);
    out.push(u8::from(!program.sources.is_empty()));
    let mut lasts = vec![Last::default(); Op::CODES];
    let mut fields = Vec::new();
    for (index, (op, unit)) in program.ops.iter().zip(units).enumerate() {
        let code = op.code();
        let last = &mut lasts[usize::from(code)];
        let source = program.sources.get(index).filter(|now| differ(now, &last.source));
        let flags = (u8::from(source.is_some()) * NEW_SOURCE) | (u8::from(unit.0 != last.unit) * NEW_UNIT);
        put_head(out, code, flags);
        fields.clear();
        op.put_scalars(&mut fields);
        op.views().for_each(|view| fields.push(u64::from(view.0)));
        for (at, &field) in fields.iter().enumerate() {
            put_delta(out, last.fields.get(at).copied().unwrap_or(0), field);
        }
        if let Some(source) = source {
            for (last, now) in last.source.iter_mut().zip(numbers(source)) {
                put_delta(out, *last, now);
                *last = now;
            }
        }
        if unit.0 != last.unit {
            out.push(unit.0);
            last.unit = unit.0;
        }
        std::mem::swap(&mut last.fields, &mut fields);
    }
}

fn put_head(out: &mut Vec<u8>, code: u8, flags: u8) {
    out.push(code.min(CODE) | flags);
    if code >= CODE {
        out.push(code);
    }
}

/// A code, and the flags beside it.
fn read_head(cursor: &mut Cursor<'_>) -> Read<(u8, u8)> {
    let head = cursor.byte()?;
    let code = if head & CODE < CODE { head & CODE } else { cursor.byte()? };
    Ok((code, head & !CODE))
}

/// Number by number: comparing with an array put together on the stack stalls on its stores.
fn differ(source: &Source, last: &[u64; 3]) -> bool {
    let [file, line, column] = *last;
    u64::from(source.file) != file || u64::from(source.line) != line || u64::from(source.column) != column
}

fn numbers(source: &Source) -> [u64; 3] {
    [source.file.into(), source.line.into(), source.column.into()]
}

pub fn read_ops(bytes: &[u8]) -> Read<OpColumn> {
    let mut cursor = Cursor::new(bytes);
    let n = cursor.length(1)?;
    let has_sources = match cursor.byte()? {
        0 => false,
        1 => true,
        other => return Err(format!("{other} does not say whether there are source lines")),
    };
    let mut column =
        OpColumn { ops: Vec::with_capacity(n), units: Vec::with_capacity(n), sources: Vec::new() };
    let mut lasts = vec![Last::default(); Op::CODES];
    for _ in 0..n {
        let (code, head) = read_head(&mut cursor)?;
        let last = lasts.get_mut(usize::from(code)).ok_or_else(|| NumberError::NoOp(code).to_string())?;
        column.ops.push(read_op(&mut cursor, code, &mut last.fields)?);
        if head & NEW_SOURCE != 0 {
            for number in &mut last.source {
                *number = cursor.delta(*number)?;
            }
        }
        if head & NEW_UNIT != 0 {
            last.unit = cursor.byte()?;
        }
        column.units.push(UnitId(last.unit));
        if has_sources {
            let [file, line, at] = last.source;
            column.sources.push(Source { file: narrow(file)?, line: narrow(line)?, column: narrow(at)? });
        }
    }
    cursor.end()?;
    Ok(column)
}

fn read_op(cursor: &mut Cursor<'_>, code: u8, last: &mut Vec<u64>) -> Read<Op> {
    let mut at = 0;
    let op = Op::of_numbers(code, &mut || -> Read<u64> {
        let field = cursor.delta(last.get(at).copied().unwrap_or(0))?;
        match last.get_mut(at) {
            Some(last) => *last = field,
            None => last.push(field),
        }
        at += 1;
        Ok(field)
    })?;
    last.truncate(at);
    Ok(op)
}

#[cfg(test)]
#[path = "ops_tests.rs"]
mod tests;
