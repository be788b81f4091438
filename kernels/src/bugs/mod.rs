//! The bug corpus: mistakes that real systems made, each as a pair of small programs. The broken one must be
//! named by exactly the findings it lists, the repaired one must be clean and right. A bug is one file, to be read in
//! a minute; its comment tells what happened, and where.

mod accumulator_not_cleared;
mod accumulator_scope_lost;
mod barrier_before_the_signal;
mod barrier_reused;
mod circular_wait;
mod credits_drained;
mod credits_leaked;
mod delivered_twice;
mod empty_row_weighs_all;
mod event_from_0_in_a_serial_queue;
mod event_from_0_in_its_own_buffer;
mod event_signalled_before_its_pass;
mod event_signalled_in_its_own_buffer;
mod finite_mask;
mod flag_overtakes_write;
mod fresh_mask_for_every_layer;
mod group_added_twice;
mod group_passed_over;
mod logits_read_without_wait;
mod m_taken_for_l;
mod mask_reused_without_wait;
mod masked_chunk_skipped;
mod missing_credit;
mod missing_receive_wait;
mod narrow_running_sum;
mod one_mask_for_two_layers_in_flight;
mod one_semaphore_for_two_copies;
mod one_send_too_many;
mod own_send_rewritten;
mod pool_buffer_not_cleared;
mod queue_without_events;
mod released_too_early;
mod released_twice;
mod rounded_before_the_merge;
mod second_lap;
mod sharded_tensor_without_parts;
mod signalled_too_often;
mod sink_on_every_rank;
mod slot_never_released;
mod slot_released_before_forward_left;
mod slots_fewer_than_messages_a_step;
mod stale_view;
mod threshold_on_two_sides;
mod tile_index_swapped;
mod transfer_overwrites_its_reader;
mod two_empty_partials;
mod two_exchanges_one_channel;
mod two_routes;
mod u8_count_overflows;
mod u8_count_wraps;
mod uninitialised_page;
mod untracked_buffers_overlap;
mod wait_in_its_own_buffer_overlap;
mod wait_in_its_own_buffer_serial;
mod waited_before_commit;
mod waited_for_another_buffer;
mod whoever_comes_first;
mod wrapped_forward_other_shape;
mod wrapped_forward_same_size;
mod wrapped_math_input_other_size;
mod wrapped_math_input_same_size;
mod wrapped_one_of_two_inputs;

// What several of them share.
mod counted;
mod grouped;
mod kept;
mod layers;
mod relay;
mod sketch;
mod transfer;

use machine::closest;
use program::Program;

use crate::kernel::Recorded;
pub use grouped::grouped_reduction;
use sketch::Sketch;

/// Every bug, by story.
pub static BUGS: &[Bug] = &[
    // A
    wrapped_forward_same_size::BUG,
    wrapped_forward_other_shape::BUG,
    wrapped_math_input_same_size::BUG,
    wrapped_math_input_other_size::BUG,
    wrapped_one_of_two_inputs::BUG,
    slot_released_before_forward_left::BUG,
    own_send_rewritten::BUG,
    slots_fewer_than_messages_a_step::BUG,
    m_taken_for_l::BUG,
    // B
    queue_without_events::BUG,
    event_from_0_in_its_own_buffer::BUG,
    event_from_0_in_a_serial_queue::BUG,
    wait_in_its_own_buffer_serial::BUG,
    wait_in_its_own_buffer_overlap::BUG,
    event_signalled_before_its_pass::BUG,
    event_signalled_in_its_own_buffer::BUG,
    transfer_overwrites_its_reader::BUG,
    sharded_tensor_without_parts::BUG,
    // C
    mask_reused_without_wait::BUG,
    one_mask_for_two_layers_in_flight::BUG,
    fresh_mask_for_every_layer::BUG,
    logits_read_without_wait::BUG,
    waited_for_another_buffer::BUG,
    waited_before_commit::BUG,
    pool_buffer_not_cleared::BUG,
    untracked_buffers_overlap::BUG,
    // D
    accumulator_scope_lost::BUG,
    group_passed_over::BUG,
    group_added_twice::BUG,
    u8_count_overflows::BUG,
    u8_count_wraps::BUG,
    // Others
    missing_receive_wait::BUG,
    missing_credit::BUG,
    circular_wait::BUG,
    slot_never_released::BUG,
    credits_leaked::BUG,
    credits_drained::BUG,
    released_too_early::BUG,
    released_twice::BUG,
    one_semaphore_for_two_copies::BUG,
    whoever_comes_first::BUG,
    barrier_reused::BUG,
    delivered_twice::BUG,
    threshold_on_two_sides::BUG,
    two_exchanges_one_channel::BUG,
    barrier_before_the_signal::BUG,
    masked_chunk_skipped::BUG,
    one_send_too_many::BUG,
    two_empty_partials::BUG,
    finite_mask::BUG,
    empty_row_weighs_all::BUG,
    narrow_running_sum::BUG,
    rounded_before_the_merge::BUG,
    uninitialised_page::BUG,
    flag_overtakes_write::BUG,
    two_routes::BUG,
    signalled_too_often::BUG,
    stale_view::BUG,
    accumulator_not_cleared::BUG,
    tile_index_swapped::BUG,
    second_lap::BUG,
    sink_on_every_rank::BUG,
];

/// A mistake, and its repair.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    pub name: &'static str,
    pub story: Story,
    /// What the author got wrong, in one line.
    pub mistake: &'static str,
    /// What the repaired form does instead, in one line.
    pub repair: &'static str,
    /// The source of its file.
    pub(crate) told: &'static str,
    /// The kinds that the broken form is found to have, and no others, in alphabetical order. `wrong_result` is a
    /// result that differs from the reference without any finding.
    pub expected: &'static [&'static str],
    draw: fn(Form) -> Sketch,
}

/// Where a bug comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// The wrapped slot: a simulator that took a location for an identity.
    A,
    /// Virtual devices without ordering: a framework on a GPU with four command queues.
    B,
    /// The reused mask and the unwaited command buffer: a runtime on a GPU.
    C,
    /// The grouped reduction: a compiler that lost the scope of an accumulator.
    D,
    /// Another system, by name.
    Other(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Broken,
    Repaired,
}

impl Story {
    pub const fn name(self) -> &'static str {
        match self {
            Story::A => "A",
            Story::B => "B",
            Story::C => "C",
            Story::D => "D",
            Story::Other(name) => name,
        }
    }
}

impl Form {
    pub fn is_repaired(self) -> bool {
        self == Form::Repaired
    }
}

impl Bug {
    /// The program, with the machine it is for and the maths it is judged by.
    pub fn record(&self, form: Form) -> Recorded {
        let name = if form.is_repaired() { "repaired" } else { "broken" };
        (self.draw)(form).recorded(format!("bug {} ({name})", self.name))
    }
    /// What happened and where: the comment that begins the bug's file, a paragraph a line, with empty lines between.
    pub fn story_told(&self) -> String {
        let lines = self.told.lines().map_while(|line| line.strip_prefix("//!"));
        let lines: Vec<&str> = lines.map(str::trim).collect();
        let paragraphs = lines.split(|line| line.is_empty());
        paragraphs.map(|lines| lines.join(" ")).collect::<Vec<_>>().join("\n\n")
    }
    pub fn program(&self, form: Form) -> Program {
        self.record(form).program
    }
}

/// The bug of that name, or what to say of a name that is none.
pub fn find_bug(name: &str) -> Result<&'static Bug, String> {
    let names = || BUGS.iter().map(|bug| bug.name);
    BUGS.iter().find(|bug| bug.name == name).ok_or_else(|| match closest(name, names()) {
        Some(near) => format!("no bug is called `{name}`: did you mean `{near}`?"),
        None => {
            let about: Vec<&str> = names().filter(|known| !name.is_empty() && known.contains(name)).collect();
            match &about[..] {
                [] => format!("no bug is called `{name}`"),
                about => format!("no bug is called `{name}`: did you mean one of {}?", about.join(", ")),
            }
        }
    })
}
