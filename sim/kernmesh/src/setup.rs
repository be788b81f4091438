//! Options of a run that change what was recorded: keys of the machine, its rule of order, and inserted waits.

use kernels::Recorded;
use machine::{Keys, Machine, Sync};
use program::Program;

use crate::error::Error;
use crate::memory;
use crate::trial;

/// Options of a run that change machine or program.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The machine of a preset or file; `None` for a kernel that has its own.
    pub machine: Option<Machine>,
    /// Keys of the machine that are set.
    pub keys: Keys,
    pub sync: Option<Sync>,
    /// Whether the waits are inserted that an explicit machine needs.
    pub auto_sync: bool,
    /// Most memory that a run without values may take, in bytes.
    pub memory: u64,
}

impl Setup {
    /// The program and machine of a run, with `more` keys set beside the own ones, or in their place.
    ///
    /// # Errors
    /// [`Error`] for keys that cannot work, and for programs that take too much memory.
    pub fn applied(&self, mut recorded: Recorded, more: &Keys) -> Result<(Recorded, Machine), Error> {
        memory::admit_times(&recorded.program, self.memory)?;
        let machine = self.machine(&recorded, more)?;
        if self.auto_sync {
            recorded.program = synced(&recorded.program, &machine)?;
        }
        Ok((recorded, machine))
    }

    fn machine(&self, recorded: &Recorded, more: &Keys) -> Result<Machine, Error> {
        let mut machine = match (&self.machine, &recorded.machine) {
            (Some(machine), _) => machine.clone(),
            (None, Some(own)) => Machine::new(own.clone())?,
            (None, None) => {
                return Err(Error::input("there is no machine", "--machine", "name a preset or a file"));
            }
        };
        let mut keys = self.keys.clone();
        keys.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
        if !keys.is_empty() {
            machine = machine.changed(&keys)?;
        }
        Ok(self.sync.map_or(Ok(machine.clone()), |sync| machine.with_sync(sync))?)
    }
}

/// The program with inserted waits.
fn synced(program: &Program, machine: &Machine) -> Result<Program, Error> {
    if machine.queue().is_some() {
        let name = &machine.spec().name;
        let problem =
            format!("it inserts nothing on `{name}`: waits of the host do not order passes of its queues");
        let help = "leave it out, and order passes by `tl.event_signal` and `tl.event_wait`";
        return Err(Error::input(problem, "--auto-sync", help));
    }
    trial::verified(program.clone(), &machine.with_sync(Sync::Interlocked)?, &|| {})?;
    Ok(verify::auto_sync(program, machine)?)
}
