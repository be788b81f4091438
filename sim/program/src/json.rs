//! Programs as JSON, so that another front end can write them; `PROGRAM.md` beside this crate has the format.

use serde::Deserialize;

use crate::program::{FORMAT, Program};

/// Why a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("program line {line} column {column}: {message}; write it as PROGRAM.md says")]
    Syntax { line: usize, column: usize, message: String },
    #[error("program format {found}, this version reads format {FORMAT}; record the program again")]
    Format { found: u64 },
}

/// The one field that every format has.
#[derive(Deserialize)]
struct Header {
    format: u64,
}

impl Program {
    /// The program on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("every program has a JSON form")
    }

    /// Reads a program. That it is well-formed in itself is for [`crate::verify()`] to say.
    ///
    /// # Errors
    /// [`JsonError`] says where the text stops being a program, or which format it has.
    pub fn from_json(text: &str) -> Result<Program, JsonError> {
        let Header { format } = serde_json::from_str(text).map_err(syntax)?;
        if format != u64::from(FORMAT) {
            return Err(JsonError::Format { found: format });
        }
        serde_json::from_str(text).map_err(syntax)
    }
}

fn syntax(error: serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let mut message = error.to_string();
    // The place is said once, in front.
    if let Some(end) = message.rfind(" at line ") {
        message.truncate(end);
    }
    JsonError::Syntax { line, column, message }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
