//! The compiled shaders as a running child.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use crate::device::DeviceError;

#[derive(Debug)]
pub(super) struct Child {
    running: std::process::Child,
    /// None once it is closed, which ends the child.
    input: Option<ChildStdin>,
    output: ChildStdout,
    /// It is read only after the end, since a child says little, and only when it has to end.
    complaints: ChildStderr,
}

/// What the child writes after the last read.
const DONE: [u8; 4] = *b"done";

impl Child {
    pub(super) fn start(program: &Path) -> Result<Child, DeviceError> {
        let mut command = Command::new(program);
        let start = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let fault = |what: String| DeviceError::Fault { place: program.display().to_string(), what };
        let mut running = start.map_err(|error| fault(format!("it does not start: {error}")))?;
        let pipes = (running.stdin.take(), running.stdout.take(), running.stderr.take());
        let (input, Some(output), Some(complaints)) = pipes else {
            return Err(fault("it has no pipes".to_owned()));
        };
        Ok(Child { running, input, output, complaints })
    }

    /// Gives it a request and takes the replies, which have these sizes. After an error the child is of no use.
    pub(super) fn ask(&mut self, request: &[u8], sizes: &[usize]) -> Result<Vec<Vec<u8>>, DeviceError> {
        self.exchange(request, sizes).map_err(|error| {
            let what = format!("{error}; {}", self.last_words());
            DeviceError::Fault { place: "msl-cpu".to_owned(), what }
        })
    }

    /// Ends it, and gives how it ended and what it complained of.
    fn last_words(&mut self) -> String {
        self.input = None;
        let mut said = String::new();
        let read = self.complaints.read_to_string(&mut said);
        let said = if read.is_ok() { said } else { String::new() };
        let about = said.lines().find(|line| line.to_lowercase().contains("error:")).unwrap_or_default();
        match self.running.wait() {
            Ok(status) => format!("it ended with {status} {about}"),
            Err(error) => format!("how it ended is not known: {error} {about}"),
        }
    }

    fn exchange(&mut self, request: &[u8], sizes: &[usize]) -> std::io::Result<Vec<Vec<u8>>> {
        let closed = || std::io::Error::other("its input is closed");
        let input = self.input.as_mut().ok_or_else(closed)?;
        input.write_all(request)?;
        input.flush()?;
        let mut replies = Vec::with_capacity(sizes.len());
        for &size in sizes {
            let mut reply = vec![0; size];
            self.output.read_exact(&mut reply)?;
            replies.push(reply);
        }
        let mut done = [0; DONE.len()];
        self.output.read_exact(&mut done)?;
        if done == DONE {
            Ok(replies)
        } else {
            Err(std::io::Error::other("it wrote more than was asked for"))
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.input = None;
        // It ends by itself now; without the wait it would stay as a zombie.
        let _ = self.running.wait();
    }
}
