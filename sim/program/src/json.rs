//! Programs as JSON, so that another front end can write them; `PROGRAM.md` beside this crate has the format.

use std::borrow::Cow;

use machine::fault;
use serde::Deserialize;
use serde_path_to_error::Track;

use crate::json_place::{foreign, message, place, start_of_word};
use crate::objects::Objects;
use crate::op::Op;
use crate::program::{FORMAT, OLDEST_FORMAT, Program, RankProgram};
use crate::without_schema::WithoutSchema;

/// Error of reading a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("program line {line} column {column}: {}; PROGRAM.md describes the format", self.problem())]
    Syntax {
        line: usize,
        /// In characters, from 1; 0 in an empty file.
        column: usize,
        /// `rank 2, op 17 (dot)`; empty where it belongs to nothing that has a name.
        place: String,
        message: String,
    },
    #[error("{}; record the program again", self.problem())]
    Format { found: u64 },
}

impl JsonError {
    /// The problem and its place in the program, without the line.
    pub fn problem(&self) -> String {
        match self {
            JsonError::Syntax { place, message, .. } if place.is_empty() => message.clone(),
            JsonError::Syntax { place, message, .. } => format!("{place}: {message}"),
            JsonError::Format { found } => {
                format!("program format {found}, this version reads formats {OLDEST_FORMAT} to {FORMAT}")
            }
        }
    }

    /// `(line, column)`, where it is in one.
    pub fn at(&self) -> Option<(usize, usize)> {
        match self {
            JsonError::Syntax { line, column, .. } => Some((*line, *column)),
            JsonError::Format { .. } => None,
        }
    }
}

/// The one field that every format has.
#[derive(Deserialize)]
struct Header {
    format: u64,
}

impl Program {
    /// The program on one line, in the newest format.
    pub fn to_json(&self) -> String {
        let mut written = Cow::Borrowed(self);
        if self.format != FORMAT {
            written.to_mut().format = FORMAT;
        }
        for (rank, program) in self.ranks.iter().enumerate() {
            for (index, op) in program.ops.iter().enumerate() {
                if let Cow::Owned(op) = op.for_json(&program.views, FORMAT) {
                    written.to_mut().ranks[rank].ops[index] = op;
                }
            }
        }
        serde_json::to_string(&*written).expect("every program has a JSON form")
    }

    /// Reads a program of any format; its functions are then those of the newest. Its key `"$schema"`, for editors, is ignored. The verifier checks what the program says.
    ///
    /// # Errors
    /// [`JsonError`] says where the text stops being a program, or which format it has.
    pub fn from_json(text: &str) -> Result<Program, JsonError> {
        // Some editors begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // What is no JSON at all is placed better by who knows the keys.
        let Header { format } = read(text).map_err(|error| match read::<Program>(text) {
            Err(inner) if inner.at() == error.at() => inner,
            Ok(_) | Err(_) => error,
        })?;
        if !(u64::from(OLDEST_FORMAT)..=u64::from(FORMAT)).contains(&format) {
            return Err(JsonError::Format { found: format });
        }
        let mut program: Program = read(text)?;
        if program.format < FORMAT {
            program.ranks.iter_mut().flat_map(|rank| &mut rank.ops).for_each(Op::settle_names);
            program.format = FORMAT;
        }
        program.ranks.iter_mut().for_each(RankProgram::settle_constants);
        Ok(program)
    }
}

fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, JsonError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Objects(WithoutSchema(&mut reader)));
    value.and_then(|value| reader.end().map(|()| value)).map_err(|error| syntax::<T>(text, &error))
}

/// Reads the text again to know what it was at: to keep the path would make every good program slower.
fn syntax<'de, T: Deserialize<'de>>(text: &'de str, error: &serde_json::Error) -> JsonError {
    let (mut reader, mut track) = (serde_json::Deserializer::from_str(text), Track::new());
    let tracked = serde_path_to_error::Deserializer::new(Objects(WithoutSchema(&mut reader)), &mut track);
    let fault = fault::read::<T, _>(tracked).err().and_then(|(_, fault)| fault);
    let place = place(&track.path(), fault.as_ref());
    let column = start_of_word(text, error.line(), error.column());
    let message = foreign(text, error).unwrap_or_else(|| message(error, fault, &place));
    JsonError::Syntax { line: error.line(), column, message, place: place.to_string() }
}
