//! The one place where these tests call the simulator.

use kernmesh::{Error, Options, Simulation, simulate};
use machine::Machine;
use probe::Bench;
use validate::{Row, validate};

/// A kernel and its parameters, as on the command line: `mesh_mlo ranks=3 slots=2`.
pub struct Case {
    words: String,
    machine: Machine,
    options: Options,
}

impl Case {
    pub fn of(words: &str) -> Case {
        let machine = Machine::preset("sip").expect("a preset");
        Case { words: words.to_owned(), machine, options: Options::default() }
    }
    pub fn on(self, machine: &str) -> Case {
        Case { machine: Machine::preset(machine).expect("a preset"), ..self }
    }
    pub fn with(mut self, change: impl FnOnce(&mut Options)) -> Case {
        change(&mut self.options);
        self
    }

    /// Records and runs it, on the machine it carries if it has one.
    pub fn run(&self) -> Result<Simulation, Error> {
        let recorded = record(&self.words);
        let own = recorded.machine.clone().map(|spec| Machine::new(spec).expect("a machine"));
        simulate(recorded, own.as_ref().unwrap_or(&self.machine), &self.options)
    }

    /// The run of a case that must be right.
    pub fn passes(&self) -> Simulation {
        match self.run() {
            Ok(run) if run.passed() => run,
            Ok(run) => panic!("{}: {:?} {:?}", self.words, run.computed.verdict, run.computed.findings),
            Err(error) => panic!("{}: {error}", self.words),
        }
    }
}

pub fn record(words: &str) -> kernels::Recorded {
    let mut words = words.split(' ');
    let kernel = kernels::find(words.next().expect("a kernel")).expect("a kernel");
    let given = words.map(|word| word.split_once('=').expect("key=value"));
    let given = given.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    kernel.record(&given).expect("parameters that work")
}

/// The table of what the timing model is held to, of a preset.
pub fn validated(machine: &str) -> Vec<Row> {
    let bench = Bench::of(&Machine::preset(machine).expect("a preset")).expect("a machine of PEs");
    validate(&bench).expect("every program runs")
}
