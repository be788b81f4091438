use std::collections::BTreeMap;
use std::num::NonZeroU32;

use program::{Base, DType, Dims, MoveOp, Op, TensorId, View, ViewId};

use super::{Host, Reached, replay};
use crate::device::DeviceError;
use crate::plan::{Buffer, BufferId, CommandBuffer, Contents, DeviceId, Init, Moment, Pass, Plan, Read};

/// Writes down every call. Command buffers end as they are told to, else well.
#[derive(Default)]
struct Recorder {
    calls: Vec<String>,
    ends: BTreeMap<Moment, Reached>,
}

impl Recorder {
    fn note(&mut self, call: String) {
        self.calls.push(call);
    }
}

impl Host for Recorder {
    type Commands = DeviceId;
    type Encoder = DeviceId;

    fn allocate(&mut self, id: BufferId, bytes: &[u8]) -> Result<(), DeviceError> {
        self.note(format!("{id} = {bytes:x?}"));
        Ok(())
    }
    fn begin(&mut self, device: DeviceId) -> Result<DeviceId, DeviceError> {
        self.note(format!("{device} begin"));
        Ok(device)
    }
    fn wait(&mut self, commands: &DeviceId, moment: Moment) {
        self.note(format!("{commands} wait {} {}", moment.device, moment.value));
    }
    fn open(&mut self, commands: &DeviceId) -> Result<DeviceId, DeviceError> {
        self.note(format!("{commands} open"));
        Ok(*commands)
    }
    fn launch(&mut self, encoder: &DeviceId, pass: &Pass) -> Result<(), DeviceError> {
        let Some(to) = pass.views.get(1) else {
            return Err(DeviceError::Unfit("a copy to nowhere".to_owned()));
        };
        self.note(format!("{encoder} launch {:?}", to.base));
        Ok(())
    }
    fn close(&mut self, encoder: DeviceId) {
        self.note(format!("{encoder} close"));
    }
    fn signal(&mut self, commands: &DeviceId, moment: Moment) {
        self.note(format!("{commands} signal {}", moment.value));
    }
    fn watch(&mut self, commands: &DeviceId, moment: Moment) {
        self.note(format!("{commands} watch {}", moment.value));
    }
    fn commit(&mut self, commands: DeviceId, moment: Moment) {
        self.note(format!("{commands} commit {}", moment.value));
    }
    fn reach(&mut self, moment: Moment) -> Reached {
        self.note(format!("reach {} {}", moment.device, moment.value));
        self.ends.get(&moment).cloned().unwrap_or(Reached::Done)
    }
    fn release(&mut self) {
        self.note("release".to_owned());
    }
    fn take(&mut self, id: BufferId, bytes: u64) -> Vec<u8> {
        self.note(format!("take {bytes} of {id}"));
        vec![id.0 as u8]
    }
}

fn moment((device, value): (u32, u32)) -> Moment {
    Moment { device: DeviceId(device), value: NonZeroU32::new(value).expect("values start at 1") }
}

fn copy((from, to): (u32, u32)) -> Pass {
    let view = |id| View::packed(Base::Tensor(TensorId(id)), Dims::new(&[3]), DType::U8);
    Pass {
        op: Op::Move(MoveOp::Copy { from: ViewId(0), to: ViewId(1) }),
        views: vec![view(from), view(to)],
        of: None,
    }
}

/// Command buffers as (moment, waits, copies), reads as (buffer, moments).
type Submitted<'a> = ((u32, u32), &'a [(u32, u32)], &'a [(u32, u32)]);
type Taken<'a> = (u32, &'a [(u32, u32)]);

fn plan(command_buffers: &[Submitted], reads: &[Taken]) -> Plan {
    let buffer = |init| Buffer { name: format!("{init:?}"), bytes: 3, init };
    Plan {
        buffers: [Init::Given, Init::Zero, Init::Poison].map(buffer).to_vec(),
        n_devices: 2,
        command_buffers: command_buffers.iter().map(command_buffer).collect(),
        reads: reads.iter().map(read).collect(),
    }
}

fn command_buffer(&(signals, waits, copies): &Submitted) -> CommandBuffer {
    CommandBuffer {
        device: DeviceId(signals.0),
        waits: waits.iter().copied().map(moment).collect(),
        passes: copies.iter().copied().map(copy).collect(),
        signals: moment(signals).value,
    }
}

fn read(&(buffer, moments): &Taken) -> Read {
    let mut moments = moments.iter().copied().map(moment);
    let after = moments.next().expect("a read names a moment");
    Read { buffer: BufferId(buffer), after: Some(after), and_after: moments.collect() }
}

fn given() -> Contents {
    Contents([(BufferId(0), vec![1, 2, 3])].into())
}

/// The producer fills buf1, the consumer waits for it at its head.
const PRODUCER: Submitted = ((0, 1), &[], &[(0, 1), (0, 2)]);
const CONSUMER: Submitted = ((1, 1), &[(0, 1)], &[(1, 2)]);

#[test]
fn waits_head_a_command_buffer_and_signals_end_it() {
    let plan = plan(&[PRODUCER, CONSUMER, ((1, 2), &[(0, 1)], &[])], &[(2, &[(1, 1), (0, 1)])]);
    let mut host = Recorder::default();
    assert_eq!(replay(&plan, &given(), &mut host), Ok(vec![vec![2]]));
    let expected = "\
buf0 = [1, 2, 3, 0]
buf1 = [0, 0, 0, 0]
buf2 = [ff, ff, ff, 0]
dev0 begin
dev0 open
dev0 launch Tensor(TensorId(1))
dev0 launch Tensor(TensorId(2))
dev0 close
dev0 signal 1
dev0 watch 1
dev0 commit 1
dev1 begin
dev1 wait dev0 1
dev1 open
dev1 launch Tensor(TensorId(2))
dev1 close
dev1 signal 1
dev1 watch 1
dev1 commit 1
dev1 begin
dev1 wait dev0 1
dev1 signal 2
dev1 watch 2
dev1 commit 2
reach dev1 1
reach dev0 1
take 3 of buf2
reach dev0 1
reach dev1 1
reach dev1 2";
    assert_eq!(host.calls.join("\n"), expected);
}

#[test]
fn a_failure_is_named_by_its_cause_and_all_who_wait_are_released() {
    let stuck = |at| Reached::Stuck { at };
    let failed = || Reached::Failed("page fault".to_owned());
    type Ends<'a> = &'a [((u32, u32), Reached)];
    let cases: [(Ends, &str); 5] = [
        (&[((1, 1), stuck(0))], "dev1: stuck at 0 < 1"),
        (&[((0, 1), failed())], "dev0, command buffer 1: page fault"),
        // Who waits for a stuck device is stuck itself.
        (&[((1, 1), stuck(0)), ((0, 1), stuck(0))], "dev0: stuck at 0 < 1"),
        (&[((1, 1), failed()), ((0, 1), failed())], "dev0, command buffer 1: page fault"),
        (&[((1, 1), stuck(0)), ((0, 1), failed())], "dev0, command buffer 1: page fault"),
    ];
    for (ends, expected) in cases {
        let ends = ends.iter().map(|(at, end)| (moment(*at), end.clone())).collect();
        let mut host = Recorder { calls: Vec::new(), ends };
        let error = replay(&plan(&[PRODUCER, CONSUMER], &[(2, &[(1, 1)])]), &given(), &mut host);
        assert_eq!(error.map_err(|error| error.to_string()), Err(expected.to_owned()));
        assert_eq!(host.calls.last().map(String::as_str), Some("release"), "{expected}");
        assert_eq!(host.calls.iter().filter(|call| *call == "release").count(), 1, "{expected}");
    }
}

/// Else the consumer of a broken value could be read before anybody looks at the producer.
#[test]
fn a_failure_that_no_read_waits_for_is_seen() {
    let mut host =
        Recorder { calls: Vec::new(), ends: [(moment((1, 1)), Reached::Failed("x".into()))].into() };
    let result = replay(&plan(&[PRODUCER, CONSUMER], &[(1, &[(0, 1)])]), &given(), &mut host);
    assert_eq!(
        result,
        Err(DeviceError::Fault { place: "dev1, command buffer 1".to_owned(), what: "x".to_owned() })
    );
}

#[test]
fn an_encoder_is_closed_before_anything_is_said() {
    let mut plan = plan(&[PRODUCER], &[]);
    plan.command_buffers[0].passes[1].views.pop();
    let mut host = Recorder::default();
    assert_eq!(replay(&plan, &given(), &mut host), Err(DeviceError::Unfit("a copy to nowhere".to_owned())));
    assert_eq!(host.calls[4..], ["dev0 open", "dev0 launch Tensor(TensorId(1))", "dev0 close"]);
}

#[test]
fn what_a_host_could_hang_on_is_not_committed() {
    let cases: [(Plan, Contents, &str); 7] = [
        (plan(&[CONSUMER, PRODUCER], &[]), given(), "1 of dev0 is awaited where only 0 is committed"),
        (plan(&[((0, 1), &[(0, 1)], &[])], &[]), given(), "1 of dev0 is awaited where only 0 is committed"),
        (
            plan(&[PRODUCER], &[(1, &[(0, 1), (0, 2)])]),
            given(),
            "2 of dev0 is awaited where only 1 is committed",
        ),
        (plan(&[((0, 2), &[], &[])], &[]), given(), "command buffer 1 of dev0 signals 2"),
        (plan(&[((2, 1), &[], &[])], &[]), given(), "it has no dev2"),
        (plan(&[], &[]), Contents::default(), "`Given` has 3 bytes and 0 are given"),
        (plan(&[], &[]), Contents([(BufferId(0), vec![1])].into()), "`Given` has 3 bytes and 1 are given"),
    ];
    for (plan, contents, expected) in cases {
        let mut host = Recorder::default();
        assert_eq!(replay(&plan, &contents, &mut host), Err(DeviceError::Unfit(expected.to_owned())));
        assert_eq!(host.calls, Vec::<String>::new(), "{expected}");
    }
}
