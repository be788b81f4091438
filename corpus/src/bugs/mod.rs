//! List of the corpus: one line for each file of this folder.

use crate::Bug;

/// A file of this folder: the text of it, and its bugs.
pub(crate) struct File {
    pub source: &'static str,
    pub bugs: &'static [Bug],
}

macro_rules! files {
    ($(mod $file:ident;)*) => {
        $(mod $file;)*

        /// Every file, in the order in which the corpus is listed.
        pub(crate) static FILES: &[File] =
            &[$(File { source: include_str!(concat!(stringify!($file), ".rs")), bugs: $file::BUGS }),*];
    };
}

files! {
    // Wrapped slot
    mod wrapped_forward;
    mod wrapped_math_input;
    mod wrapped_one_of_two_inputs;
    mod slot_filled_during_its_math;
    mod slot_released_before_forward_left;
    mod own_send_rewritten;
    mod slots_fewer_than_messages_a_step;
    mod m_taken_for_l;
    // Unordered queues
    mod queue_without_events;
    mod event_from_0;
    mod wait_in_its_own_buffer;
    mod event_signalled_before_its_pass;
    mod event_signalled_in_its_own_buffer;
    mod transfer_overwrites_its_reader;
    mod sharded_tensor_without_parts;
    // Reused mask
    mod mask_reused_without_wait;
    mod one_mask_for_two_layers_in_flight;
    mod fresh_mask_for_every_layer;
    mod logits_read_without_wait;
    mod waited_for_another_buffer;
    mod waited_before_commit;
    mod pool_buffer_not_cleared;
    mod untracked_buffers_overlap;
    // Lost accumulator
    mod accumulator_scope_lost;
    mod group_passed_over;
    mod group_added_twice;
    mod u8_count;
    // Other systems
    mod missing_receive_wait;
    mod missing_credit;
    mod circular_wait;
    mod slots_kept;
    mod released_too_early;
    mod released_twice;
    mod one_semaphore_for_two_copies;
    mod whoever_comes_first;
    mod barrier_reused;
    mod delivered_twice;
    mod threshold_on_two_sides;
    mod two_exchanges_one_channel;
    mod barrier_before_the_signal;
    mod masked_chunk_skipped;
    mod one_send_too_many;
    mod two_empty_partials;
    mod finite_mask;
    mod empty_row_weighs_all;
    mod narrow_running_sum;
    mod rounded_before_the_merge;
    mod uninitialised_page;
    mod flag_overtakes_write;
    mod two_routes;
    mod signalled_too_often;
    mod stale_view;
    mod accumulator_not_cleared;
    mod tile_index_swapped;
    mod second_lap;
    mod flag_reset_unanswered;
    mod lse_of_another_base;
    mod sink_on_every_rank;
}
