use super::*;
use crate::spec::QueueModel::{Overlap, Serial};

fn preset(name: &str) -> Machine {
    Machine::preset(name).expect("a preset")
}

#[test]
fn one_thing_of_a_machine_is_changed() {
    let metal = preset("metal4");
    assert_eq!(metal.queue(), Some(QueueSpec { model: Overlap, tracked: true }));
    let serial = metal.with_queue_model(Serial).expect("a machine");
    assert_eq!(serial.queue(), Some(QueueSpec { model: Serial, tracked: true }));
    let loose = serial.with_tracked(false).expect("a machine");
    assert_eq!(loose.queue(), Some(QueueSpec { model: Serial, tracked: false }));
    assert_eq!(loose.with_tracked(true).and_then(|it| it.with_queue_model(Overlap)), Ok(metal));
    let explicit = preset("tiny").with_sync(Sync::Explicit).expect("a machine");
    assert_eq!(explicit.with_sync(Sync::Interlocked), Ok(preset("tiny")));
}

#[test]
fn a_change_that_cannot_work_is_refused() {
    for (changed, says) in [
        (preset("metal4").with_sync(Sync::Interlocked), "`sync` is \"interlocked\" beside [queue]"),
        (preset("tiny").with_queue_model(Serial), "`queue` is absent, so there is nothing to change"),
        (preset("sip").with_tracked(false), "choose a machine with command queues, such as `metal4`"),
    ] {
        let error = changed.expect_err(says).to_string();
        assert!(error.contains(says), "{error}, not {says}");
    }
}

#[test]
fn a_queue_tracks_unless_it_says_otherwise() {
    let text = "base = \"tiny\"\nsync = \"explicit\"\n[queue]\nmodel = \"serial\"\n";
    let machine = Machine::from_toml(text, "mine.toml").expect("a machine");
    assert_eq!(machine.queue(), Some(QueueSpec { model: Serial, tracked: true }));
    assert_eq!(Machine::from_toml(&machine.to_toml(), "mine.toml"), Ok(machine));
}
