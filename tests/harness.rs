//! The one place where these tests call the simulator.

use kernels::{Catalogue, Kernel, Use, cases, record_words};
use kernmesh::{Error, Options, Simulation, simulate};
use machine::{Machine, place};
use oplog::{OpLog, RunId};
use probe::Bench;
use validate::{Row, validate};
use verify::Verified;

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

/// The cases that every test of runs shares.
pub fn runs() -> impl Iterator<Item = &'static str> {
    cases(&[Use::Run])
}

/// Those of them that compute.
pub fn computing() -> impl Iterator<Item = &'static str> {
    runs().filter(|words| !kernel(words).inputs.is_empty())
}

/// Whether a preset has a PE for every rank.
pub fn fits(words: &str, machine: &str) -> bool {
    let program = record(words).program;
    let ranks = u32::try_from(program.ranks.len()).expect("few ranks");
    place(&Machine::preset(machine).expect("a preset"), ranks, program.rank_axis).is_ok()
}

fn kernel(words: &str) -> &'static Kernel {
    kernels::find(words.split(' ').next().expect("a kernel")).expect("a kernel")
}

pub fn record(words: &str) -> kernels::Recorded {
    record_words(words).expect("parameters that work")
}

/// The table of what the timing model is held to, of a preset.
pub fn validated(machine: &str) -> Vec<Row> {
    let bench = Bench::of(&Machine::preset(machine).expect("a preset")).expect("a machine of PEs");
    validate(&bench).expect("every program runs")
}

/// Calls `check` with the log of every kernel on every preset that has room for it, and the kernel's name.
pub fn on_every_preset(check: impl Fn(&OpLog, &str)) {
    let mut runs = 0;
    for kernel in Catalogue::BUILT_IN.iter() {
        for name in machine::preset_names() {
            let machine = Machine::preset(name).expect("a preset");
            let Ok(timed) = kernmesh::time(record(kernel.name).program, &machine, 0) else { continue };
            check(&timed.log, kernel.name);
            runs += 1;
        }
    }
    assert!(runs >= Catalogue::BUILT_IN.iter().count(), "{runs} runs");
}

/// Machines that no preset is: flits, queues of one op, slow credits, a TCM that units share, and nothing that costs a
/// cycle, so that much happens at one time.
const OTHERS: [&str; 5] = [
    "base = \"tiny\"\nname = \"flits\"\n[noc.flits]\nbytes = 16\nvirtual_channels = 2\nbuffer_flits = 4\n\
     rounds_per_cycle = 1\n",
    "base = \"tiny\"\nname = \"narrow\"\n[pe]\nfifo_depth = 1\ndma_channels = 1\n[noc]\npacket_bytes = 64\n[ipcq]\n\
     send_cycles = 1\nrecv_cycles = 40\nrelease_cycles = 30\n",
    "base = \"tiny\"\nname = \"shared\"\n[pe]\ntcm_shared_bytes_per_cycle = 64\n",
    "base = \"tiny\"\nname = \"free\"\n[pe]\nissue_cycles = 0\ndma_setup_cycles = 0\n[math]\nstart_cycles = 0\n[ipcq]\n\
     send_cycles = 0\nrecv_cycles = 0\nrelease_cycles = 0\n[noc]\ninject_cycles = 0\neject_cycles = 0\n",
    "base = \"wse2\"\nname = \"free mesh\"\n[pe]\nissue_cycles = 0\ndma_setup_cycles = 0\n[math]\nstart_cycles = 0\n\
     [ipcq]\nsend_cycles = 0\nrecv_cycles = 0\nrelease_cycles = 0\n[noc]\ninject_cycles = 0\neject_cycles = 0\n",
];

/// Calls `check` with the program and the log of every shared case on every machine that can run it, and both names.
pub fn on_every_machine(check: impl Fn(&OpLog, &Verified, &str)) {
    let presets = machine::preset_names().into_iter().map(|name| Machine::preset(name).expect("a preset"));
    let others = OTHERS.iter().map(|text| Machine::from_toml(text, "other.toml").expect("a machine"));
    let machines: Vec<Machine> = presets.chain(others).collect();
    let mut runs = 0;
    for words in self::runs() {
        let recorded = record(words);
        let own = recorded.machine.map(|spec| Machine::new(spec).expect("a machine"));
        for machine in own.iter().chain(&machines) {
            let Ok(verified) = verify::verify(recorded.program.clone(), machine) else { continue };
            let log = timing::run(&verified, RunId::seeded(0)).expect("a run that ends");
            check(&log, &verified, &format!("{words} on {}", machine.spec().name));
            runs += 1;
        }
    }
    assert!(runs > machines.len(), "{runs} runs");
}
