//! Indices and shapes as Python writes them.

use std::ops::Range;

use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PySlice, PyTuple};

/// A box of a tensor.
pub struct Boxed {
    /// By axis.
    pub axes: Vec<Range<u32>>,
    /// Axes that a number was given for; they have an extent of 1.
    pub dropped: Vec<usize>,
}

/// One axis of a key; a slice that leaves out an end has none.
pub enum Key {
    All,
    Slice(Bounds),
    At(i64),
}

pub struct Bounds {
    pub start: Option<i64>,
    pub stop: Option<i64>,
}

/// The parts of a key, and the place of an ellipsis among them.
pub fn keys(key: &Bound<'_, PyAny>) -> PyResult<(Vec<Key>, Option<usize>)> {
    let parts: Vec<Bound<'_, PyAny>> = match key.cast::<PyTuple>() {
        Ok(parts) => parts.iter().collect(),
        Err(_) => vec![key.clone()],
    };
    let (mut keys, mut ellipsis) = (Vec::new(), None);
    for part in &parts {
        if part.is_instance_of::<PyEllipsis>() {
            if ellipsis.replace(keys.len()).is_some() {
                return Err(PyIndexError::new_err("an index has at most one `...`"));
            }
        } else {
            keys.push(one(part)?);
        }
    }
    Ok((keys, ellipsis))
}

fn one(part: &Bound<'_, PyAny>) -> PyResult<Key> {
    if let Ok(slice) = part.cast::<PySlice>() {
        let end = |name: &str| -> PyResult<Option<i64>> { slice.getattr(name)?.extract() };
        if end("step")?.is_some_and(|step| step != 1) {
            let problem = "a slice of a tile has no step: load every element, or reshape and slice an axis";
            return Err(PyValueError::new_err(problem));
        }
        return Ok(match (end("start")?, end("stop")?) {
            (None, None) => Key::All,
            (start, stop) => Key::Slice(Bounds { start, stop }),
        });
    }
    if part.is_none() {
        return Err(PyTypeError::new_err("`None` makes no axis here: write `.reshape(...)`"));
    }
    part.extract().map(Key::At).map_err(|error| {
        let problem = "an index of a tile is a slice or an integer known while recording";
        let raised = PyTypeError::new_err(problem);
        raised.set_cause(part.py(), Some(error));
        raised
    })
}

/// The box that a key names in a tensor of this shape. Ends of slices are clamped, as in NumPy.
pub fn boxed(key: &Bound<'_, PyAny>, shape: &[u32]) -> PyResult<Boxed> {
    let (mut keys, ellipsis) = keys(key)?;
    if keys.len() > shape.len() {
        let problem = format!("{} indices for {} axes", keys.len(), shape.len());
        return Err(PyIndexError::new_err(problem));
    }
    let missing = shape.len() - keys.len();
    let at = ellipsis.unwrap_or(keys.len());
    keys.splice(at..at, (0..missing).map(|_| Key::All));
    let (mut axes, mut dropped) = (Vec::new(), Vec::new());
    for (axis, (key, &extent)) in keys.iter().zip(shape).enumerate() {
        axes.push(match key {
            Key::All => 0..extent,
            Key::Slice(bounds) => {
                let start = clamped(bounds.start.unwrap_or(0), extent);
                start..clamped(bounds.stop.unwrap_or(extent.into()), extent).max(start)
            }
            Key::At(at) => {
                dropped.push(axis);
                let at = element(*at, axis, extent)?;
                at..at + 1
            }
        });
    }
    Ok(Boxed { axes, dropped })
}

/// From the end where it is negative, and within the extent.
fn clamped(at: i64, extent: u32) -> u32 {
    let from_start = if at < 0 { at.saturating_add(extent.into()) } else { at };
    from_start.clamp(0, extent.into()) as u32
}

fn element(at: i64, axis: usize, extent: u32) -> PyResult<u32> {
    let from_start = if at < 0 { at.saturating_add(extent.into()) } else { at };
    match u32::try_from(from_start) {
        Ok(found) if found < extent => Ok(found),
        Ok(_) | Err(_) => {
            Err(PyIndexError::new_err(format!("index {at} of axis {axis}, whose extent is {extent}")))
        }
    }
}

/// A shape given as numbers or as one tuple; -1 stands for what is left of `elements`.
pub fn extents(shape: &Bound<'_, PyTuple>, elements: u64) -> PyResult<Vec<u32>> {
    let given: Vec<i64> = match (shape.len(), shape.get_item(0)) {
        (1, Ok(first)) => first.extract().or_else(|_| shape.extract())?,
        (_, _) => shape.extract()?,
    };
    let known: u64 = given.iter().filter(|&&n| n > 0).fold(1, |all, &n| all.saturating_mul(n as u64));
    let left = elements.checked_div(known).unwrap_or(0);
    let extent = |&n: &i64| match n {
        -1 => u32::try_from(left).ok(),
        n => u32::try_from(n).ok(),
    };
    let extents: Option<Vec<u32>> = given.iter().map(extent).collect();
    extents.ok_or_else(|| PyValueError::new_err(format!("{given:?} is no shape: extents are from 1 on")))
}

/// An axis counted from 0, or from the end where it is negative.
pub fn axis_of(axis: i64, axes: usize) -> PyResult<usize> {
    let from_start = if axis < 0 { axis.saturating_add(axes as i64) } else { axis };
    usize::try_from(from_start).map_err(|_| PyIndexError::new_err(format!("axis {axis} of {axes} axes")))
}
