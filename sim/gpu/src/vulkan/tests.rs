//! Launches on a Vulkan device, with two test shaders. Without a device these tests fail.

use core::time::Duration;

use super::{Options, Vulkan};
use crate::device::DeviceError;
use crate::launch::{Family, Launch};
use crate::plan::{Buffer, BufferId, CommandBuffer, Contents, DeviceId, Init, Moment, Plan, Read, Value};

/// `to[i] = from[i] + params.x`, `params.y` times over, for i below `params.z`.
const ADD: &str = "
@group(0) @binding(0) var<storage, read> from_: array<u32>;
@group(0) @binding(3) var<storage, read_write> to: array<atomic<u32>>;
@group(0) @binding(4) var<uniform> params: vec4<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if at.x >= params.z { return; }
    var sum = from_[at.x];
    for (var i = 0u; i < params.y; i++) { sum += params.x; atomicStore(&to[at.x], sum); }
}";
/// `to[i] = params.x`, given a constant that it does not read.
const FILL: &str = "
@group(0) @binding(0) var<storage, read> unread: array<u32>;
@group(0) @binding(3) var<storage, read_write> to: array<atomic<u32>>;
@group(0) @binding(4) var<uniform> params: vec4<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if at.x < params.z { atomicStore(&to[at.x], params.x); }
}";

fn shader(family: Family) -> String {
    match family {
        Family::Copy => ADD.to_owned(),
        Family::Fill => FILL.to_owned(),
        Family::Unary
        | Family::Binary
        | Family::Compare
        | Family::Where
        | Family::Fma
        | Family::Reduce
        | Family::Dot
        | Family::Dequantize => "this is no WGSL".to_owned(),
    }
}

fn open(options: &Options) -> Vulkan {
    Vulkan::with_shaders(options, shader).expect("these tests need a Vulkan device")
}

fn launch(family: Family, from: Option<u32>, to: u32, params: [u32; 4]) -> Launch {
    let groups = [params[2].div_ceil(64), 1, 1];
    Launch { family, inputs: vec![from.map(BufferId)], output: BufferId(to), params: params.to_vec(), groups }
}
fn add(amount: u32, from: u32, to: u32) -> Launch {
    launch(Family::Copy, Some(from), to, [amount, 1, 100, 0])
}

/// One command buffer for each of `n`; all buffers are read.
fn plan(buffers: &[(u64, Init)], n: u32) -> Plan {
    let value = |n: u32| Value::new(n).expect("from 1 on");
    let command_buffer =
        |at: u32| CommandBuffer { device: DeviceId(0), waits: vec![], passes: vec![], signals: value(at) };
    let after = Moment { device: DeviceId(0), value: value(n) };
    let read =
        |buffer: usize| Read { buffer: BufferId(buffer as u32), after: Some(after), and_after: vec![] };
    let buffer = |&(bytes, init): &(u64, Init)| Buffer { name: "some".to_owned(), bytes, init };
    Plan {
        buffers: buffers.iter().map(buffer).collect(),
        n_devices: 1,
        command_buffers: (1..=n).map(command_buffer).collect(),
        reads: (0..buffers.len()).map(read).collect(),
    }
}
fn words(bytes: &[u8]) -> &[u32] {
    bytemuck::cast_slice(bytes)
}

#[test]
fn passes_run_one_after_the_other_in_one_command_buffer_and_over_many() {
    let device = open(&Options::default());
    let chain: Vec<Launch> = (0..200).map(|i| add(i, i % 2, 1 - i % 2)).collect();
    let buffers = [(400, Init::Zero), (400, Init::Poison)];
    for launches in [vec![chain.clone()], chain.iter().map(|l| vec![l.clone()]).collect()] {
        let plan = plan(&buffers, launches.len() as u32);
        for run in 0..20 {
            let read = device.execute(&plan, &launches, &Contents::default()).expect("it runs");
            assert_eq!(
                words(&read[0]),
                [199 * 200 / 2; 100],
                "{} command_buffers, run {run}",
                launches.len()
            );
        }
    }
}

#[test]
fn a_buffer_holds_what_the_plan_says_in_every_run() {
    let device = open(&Options::default());
    let bytes: Vec<u8> = (0..=255).collect();
    for size in [0, 1, 2, 3, 4, 5, 255] {
        let plan = plan(&[(size, Init::Given), (size, Init::Zero), (size, Init::Poison)], 1);
        let given = bytes[..size as usize].to_vec();
        let contents = Contents([(BufferId(0), given.clone())].into());
        let n = size as u32 / 4;
        let spoil = (0..3).map(|to| launch(Family::Fill, None, to, [0x5555_5555, 0, n, 0])).collect();
        for launches in [vec![vec![]], vec![spoil], vec![vec![]]] {
            let read = device.execute(&plan, &launches, &contents).expect("it runs");
            if launches[0].is_empty() {
                assert_eq!(
                    read,
                    [given.clone(), vec![0; size as usize], vec![0xff; size as usize]],
                    "{size}"
                );
            } else {
                assert!(read.iter().flatten().take(n as usize * 4).all(|&byte| byte == 0x55), "{size}");
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_with_numbers_and_the_device_goes_on() {
    let device = open(&Options::default());
    let most = device.gpu.limits.max_storage_buffer_binding_size;
    let groups = device.gpu.limits.max_compute_workgroups_per_dimension;
    let two = [(400, Init::Zero), (400, Init::Zero)];
    let wide = Launch { groups: [groups + 1, 1, 1], ..add(1, 0, 1) };
    let cases = [
        (
            plan(&[(most + 1, Init::Zero)], 1),
            vec![],
            format!("`some` has {} bytes, and a buffer at most", most + 1),
        ),
        (plan(&two, 1), vec![add(1, 0, 0)], "a pass reads and writes `some`".to_owned()),
        (plan(&two, 1), vec![wide], format!("a pass has {} workgroups", groups + 1)),
    ];
    for (plan, launches, words) in cases {
        let error = device.execute(&plan, &[launches], &Contents::default()).expect_err(&words);
        assert!(matches!(&error, DeviceError::Unfit(why) if why.contains(&words)), "{words}: {error}");
    }
    let read =
        device.execute(&plan(&two, 1), &[vec![add(7, 0, 1)]], &Contents::default()).expect("it goes on");
    assert_eq!(words(&read[1]), [7; 100]);
}

#[test]
fn a_shader_that_is_refused_is_named() {
    let device = open(&Options::default());
    let launches = [vec![launch(Family::Dot, None, 0, [0, 0, 1, 0])]];
    for _ in 0..2 {
        let plan = plan(&[(4, Init::Zero)], 1);
        let error = device.execute(&plan, &launches, &Contents::default()).expect_err("it is no shader");
        assert!(matches!(&error, DeviceError::Shader { family, .. } if family == "dot"), "{error}");
    }
}

#[test]
fn a_validation_error_of_wgpu_is_an_error_with_its_place() {
    let device = open(&Options::default());
    // One input more than its shader has, and parameters as the shader wants them.
    let stray = Launch { inputs: vec![Some(BufferId(0)), None], ..add(1, 0, 1) };
    let launches = [vec![add(1, 0, 1), stray]];
    let plan = plan(&[(400, Init::Zero); 2], 1);
    for _ in 0..2 {
        let error = device.execute(&plan, &launches, &Contents::default()).expect_err("it is not valid");
        let place = "dev0 command buffer 1";
        assert!(matches!(&error, DeviceError::Fault { place: p, .. } if p == place), "{error}");
    }
}

/// lavapipe runs a command buffer while it is submitted and ends every loop after 65535 turns: it never hangs.
#[test]
fn a_wait_says_how_it_ended() {
    let limit = Duration::from_secs(60);
    let cases = [
        (Some(Ok(wgpu::PollStatus::WaitSucceeded)), Ok(())),
        (Some(Err(wgpu::PollError::Timeout)), Err("it has not ended within 60s")),
        (None, Err("the device is lost; open it again")),
    ];
    for (polled, says) in cases {
        assert_eq!(super::wait::ended(polled, limit), says.map_err(str::to_owned));
    }
}

#[test]
fn errors_of_wgpu_name_their_place_and_a_lost_device_stays_lost() {
    let complaints = super::Complaints::default();
    let full = || wgpu::Error::OutOfMemory { source: "no memory".into() };
    let wrong = wgpu::Error::Validation { source: "it".into(), description: "it is\n  wrong".to_owned() };
    complaints.add(&full());
    complaints.add(&wrong);
    assert_eq!(
        complaints.check("dev0"),
        Err(DeviceError::Unfit("dev0: its memory is full: no memory".to_owned()))
    );
    assert_eq!(complaints.check("dev0"), Ok(()));
    complaints.add(&wrong);
    assert_eq!(complaints.check("dev0").map_err(|e| e.to_string()), Err("dev0: it is wrong".to_owned()));
    complaints.lose("gone".to_owned());
    for _ in 0..2 {
        let says = complaints.check("dev1").map_err(|error| error.to_string());
        assert_eq!(says, Err("dev1: the device is lost: gone; open it again".to_owned()));
    }
}

#[test]
fn a_device_that_is_not_there_is_an_error_that_names_those_that_are() {
    let here = open(&Options::default()).adapter.name;
    let wanted = Options { name: Some("no such device".to_owned()), ..Options::default() };
    let Err(error) = Vulkan::with_shaders(&wanted, shader) else { panic!("it is not there") };
    let text = error.to_string();
    assert!(matches!(error, DeviceError::Missing { .. }) && text.contains(&here), "{text}");
}
